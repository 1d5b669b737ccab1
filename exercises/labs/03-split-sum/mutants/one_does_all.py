"""As many threads as asked for, and one of them gets everything."""
import threading


def split_sum(numbers, threads, add):
    sums = [0] * threads

    def work(i):
        sums[i] = add(numbers if i == 0 else [])

    running = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(sums)
