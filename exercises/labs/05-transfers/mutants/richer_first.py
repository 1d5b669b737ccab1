"""Wrong: the order follows the balances, and they change."""


def transfer(accounts, source, target, amount):
    """Moves `amount` from one account to another. False, and nothing is moved, if there is too little."""
    if source == target:
        with accounts[source].lock:
            return accounts[source].balance >= amount
    first, second = sorted((accounts[source], accounts[target]), key=lambda account: -account.balance)
    with first.lock, second.lock:
        if accounts[source].balance < amount:
            return False
        accounts[source].balance -= amount
        accounts[target].balance += amount
        return True
