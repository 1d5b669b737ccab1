"""Five waits at once: all jobs run at the same time, and all are joined."""
import threading


def run_all(jobs):
    numbers, errors = [None] * len(jobs), []

    def run(n, job):
        try:
            numbers[n] = job()
        except Exception as error:  # an exception ends only its own thread; nobody else would hear of it
            errors.append(error)

    threads = [threading.Thread(target=run, args=(n, job)) for n, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return numbers
