"""Wrong: sleeps before the second lock, so that the other one is done by then."""
import time



def transfer(accounts, source, target, amount):
    """Moves `amount` from one account to another. False, and nothing is moved, if there is too little."""
    if source == target:
        with accounts[source].lock:
            return accounts[source].balance >= amount
    with accounts[source].lock:
        time.sleep(0.005)
        with accounts[target].lock:
            if accounts[source].balance < amount:
                return False
            accounts[source].balance -= amount
            accounts[target].balance += amount
            return True
