"""The sum of a list, split over threads."""
import threading


def split_sum(numbers, threads, add):
    """`add(part)` is the sum of a list of numbers; it takes its time.

    Now one thread, this one, adds everything.
    """
    return add(numbers)
