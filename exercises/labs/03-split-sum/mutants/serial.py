"""Equal parts, added one after another: no thread at all."""


def split_sum(numbers, threads, add):
    n = len(numbers)
    return sum(add(numbers[n * i // threads:n * (i + 1) // threads]) for i in range(threads))
