"""Five waits at once: all jobs run at the same time, and all are joined."""
import threading


def run_all(jobs):
    """Runs all jobs at the same time. Returns their numbers in the order of the jobs, or raises the exception of one that failed; in
    both cases only when every job has ended.

    A job is a function without arguments. It waits for something, such as an answer from a server; then it returns a number, or
    raises an exception.
    """
    numbers = []
    for job in jobs:
        numbers.append(job())
    return numbers
