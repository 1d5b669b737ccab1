"""Wrong: orders the locks, and locks the same account twice if it is both."""


def transfer(accounts, source, target, amount):
    """Moves `amount` from one account to another. False, and nothing is moved, if there is too little."""
    with accounts[min(source, target)].lock, accounts[max(source, target)].lock:
        if accounts[source].balance < amount:
            return False
        accounts[source].balance -= amount
        accounts[target].balance += amount
        return True
