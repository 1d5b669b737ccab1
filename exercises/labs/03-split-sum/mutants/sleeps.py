"""Sleeps for as long as the threads should need, instead of joining them."""
import threading
import time


def split_sum(numbers, threads, add):
    n, sums = len(numbers), [0] * threads

    def work(i):
        sums[i] = add(numbers[n * i // threads:n * (i + 1) // threads])

    for i in range(threads):
        threading.Thread(target=work, args=(i,)).start()
    time.sleep(0.1)
    return sum(sums)
