"""Wrong: takes the first, tries the second, puts back and tries again. Two who are equally polite never end."""


def transfer(accounts, source, target, amount):
    """Moves `amount` from one account to another. False, and nothing is moved, if there is too little."""
    if source == target:
        with accounts[source].lock:
            return accounts[source].balance >= amount
    while True:
        with accounts[source].lock:
            if accounts[target].lock.acquire(blocking=False):
                try:
                    if accounts[source].balance < amount:
                        return False
                    accounts[source].balance -= amount
                    accounts[target].balance += amount
                    return True
                finally:
                    accounts[target].lock.release()
