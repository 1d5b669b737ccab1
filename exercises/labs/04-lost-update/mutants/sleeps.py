"""Wrong: sleeps so that the others are not in the way."""
import threading
import time


def with_one_call(boxes):
    """Stays out of the way."""
    total = 0

    def count(votes):
        nonlocal total
        for vote in votes:
            total += vote
            time.sleep(0.001)

    threads = [threading.Thread(target=count, args=(votes,)) for votes in boxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return total


def with_a_mutex(boxes):
    """Every vote is added while the lock is held."""
    total, lock = 0, threading.Lock()

    def count(votes):
        nonlocal total
        for vote in votes:
            with lock:
                total += vote

    threads = [threading.Thread(target=count, args=(votes,)) for votes in boxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return total


def without_sharing(boxes):
    """Every thread adds up its own votes; the sums come together when the threads have ended."""
    sums = [0] * len(boxes)

    def count(number, votes):
        own = 0
        for vote in votes:
            own += vote
        sums[number] = own

    threads = [threading.Thread(target=count, args=pair) for pair in enumerate(boxes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(sums)
