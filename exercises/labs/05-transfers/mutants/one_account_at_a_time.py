"""Wrong: holds one lock at a time, so that meanwhile the money is in no account."""


def transfer(accounts, source, target, amount):
    """Moves `amount` from one account to another. False, and nothing is moved, if there is too little."""
    with accounts[source].lock:
        if accounts[source].balance < amount:
            return False
        accounts[source].balance -= amount
    with accounts[target].lock:
        accounts[target].balance += amount
    return True
