"""The lock that protects the total is held while a part is added."""
import threading


def split_sum(numbers, threads, add):
    n, total, lock = len(numbers), [0], threading.Lock()

    def work(i):
        with lock:
            total[0] += add(numbers[n * i // threads:n * (i + 1) // threads])

    running = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return total[0]
