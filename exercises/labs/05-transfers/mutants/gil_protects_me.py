"""Wrong: "there is a GIL, so no lock is needed"."""


def transfer(accounts, source, target, amount):
    """Moves `amount` from one account to another. False, and nothing is moved, if there is too little."""
    if accounts[source].balance < amount:
        return False
    accounts[source].balance -= amount
    accounts[target].balance += amount
    return True
