"""Lab 05, a solution: everybody locks the account with the lower number first."""


def transfer(accounts, source, target, amount):
    """Moves `amount` from one account to another. False, and nothing is moved, if there is too little."""
    if source == target:
        with accounts[source].lock:
            return accounts[source].balance >= amount
    with accounts[min(source, target)].lock, accounts[max(source, target)].lock:
        if accounts[source].balance < amount:
            return False
        accounts[source].balance -= amount
        accounts[target].balance += amount
        return True
