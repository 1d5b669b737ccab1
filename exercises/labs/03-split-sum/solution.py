"""The sum of a list, split over threads."""
import threading


def split_sum(numbers, threads, add):
    sums = [0] * threads

    def work(i):
        # From i/threads of the list to (i + 1)/threads: lengths that differ by one at most, and nothing left over.
        start, end = len(numbers) * i // threads, len(numbers) * (i + 1) // threads
        sums[i] = add(numbers[start:end])  # a place of its own: no lock is needed

    running = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:  # only now: a join in the loop above would be one after another
        thread.join()
    return sum(sums)
