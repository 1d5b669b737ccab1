"""What is left over by the division all goes to the last thread."""
import threading


def split_sum(numbers, threads, add):
    size, sums = len(numbers) // threads, [0] * threads

    def work(i):
        end = len(numbers) if i == threads - 1 else size * (i + 1)
        sums[i] = add(numbers[size * i:end])

    running = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(sums)
