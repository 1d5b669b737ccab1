import threading


def run_all(jobs):
    # A thread for each job, and each is joined before the next one is started.
    numbers, errors = [], []

    def run(job):
        try:
            numbers.append(job())
        except Exception as error:
            errors.append(error)

    for job in jobs:
        thread = threading.Thread(target=run, args=(job,))
        thread.start()
        thread.join()
    if errors:
        raise errors[0]
    return numbers
