import threading
import time


def run_all(jobs):
    numbers, errors = [None] * len(jobs), []

    def run(n, job):
        try:
            numbers[n] = job()
        except Exception as error:
            errors.append(error)

    for n, job in enumerate(jobs):
        threading.Thread(target=run, args=(n, job)).start()
    time.sleep(0.5)
    if errors:
        raise errors[0]
    return numbers
