"""Lab 05: two transfers that meet can stand still for ever. Mend it."""


def transfer(accounts, source, target, amount):
    """Moves `amount` from one account to another. False, and nothing is moved, if there is too little."""
    with accounts[source].lock, accounts[target].lock:
        if accounts[source].balance < amount:
            return False
        accounts[source].balance -= amount
        accounts[target].balance += amount
        return True
