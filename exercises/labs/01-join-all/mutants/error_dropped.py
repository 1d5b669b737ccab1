import threading


def run_all(jobs):
    numbers = [None] * len(jobs)

    def run(n, job):
        numbers[n] = job()  # an exception ends the thread, and nobody hears of it

    threads = [threading.Thread(target=run, args=(n, job)) for n, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [number for number in numbers if number is not None]
