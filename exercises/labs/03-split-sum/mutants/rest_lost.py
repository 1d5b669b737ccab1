"""What is left over by the division is added by nobody."""
import threading


def split_sum(numbers, threads, add):
    size, sums = len(numbers) // threads, [0] * threads

    def work(i):
        sums[i] = add(numbers[size * i:size * (i + 1)])

    running = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(sums)
