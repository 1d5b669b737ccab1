"""Wrong: as `retries`, with a sleep, which is the same for both."""
import time



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
        time.sleep(0.001)
