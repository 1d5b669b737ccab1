"""Wrong: does not wait for a lock: a transfer that meets another one is refused."""


def transfer(accounts, source, target, amount):
    """Moves `amount` from one account to another. False, and nothing is moved, if there is too little."""
    if source == target:
        with accounts[source].lock:
            return accounts[source].balance >= amount
    if not accounts[source].lock.acquire(blocking=False):
        return False
    try:
        if not accounts[target].lock.acquire(blocking=False):
            return False
        try:
            if accounts[source].balance < amount:
                return False
            accounts[source].balance -= amount
            accounts[target].balance += amount
            return True
        finally:
            accounts[target].lock.release()
    finally:
        accounts[source].lock.release()
