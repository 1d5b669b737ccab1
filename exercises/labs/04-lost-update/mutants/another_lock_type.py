"""Wrong: Lock was searched and replaced by RLock; read and write are still two locks."""
import threading


def with_one_call(boxes):
    """Every vote is put away with one call that cannot be divided; the sum comes at the end."""
    all_votes = []

    def count(votes):
        for vote in votes:
            all_votes.append(vote)

    threads = [threading.Thread(target=count, args=(votes,)) for votes in boxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(all_votes)


def with_a_mutex(boxes):
    """Every vote is added while the lock is held."""
    total, lock = 0, threading.RLock()

    def count(votes):
        nonlocal total
        for vote in votes:
            with lock:
                seen = total
            with lock:
                total = seen + vote

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
