"""As many threads as the author's machine has cores, whatever was asked for."""
import threading


def split_sum(numbers, threads, add):
    threads = 8
    n, sums = len(numbers), [0] * threads

    def work(i):
        sums[i] = add(numbers[n * i // threads:n * (i + 1) // threads])

    running = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(sums)
