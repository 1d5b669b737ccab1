"""Wrong: looks whether there is enough, and then takes the locks."""


def transfer(accounts, source, target, amount):
    """Moves `amount` from one account to another. False, and nothing is moved, if there is too little."""
    if accounts[source].balance < amount:
        return False
    if source == target:
        with accounts[source].lock:
            return accounts[source].balance >= amount
    with accounts[min(source, target)].lock, accounts[max(source, target)].lock:
        accounts[source].balance -= amount
        accounts[target].balance += amount
    return True
