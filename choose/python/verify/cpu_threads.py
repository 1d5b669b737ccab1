"""Computes in threads already, which take turns with the GIL: several threads, one core."""
from concurrent.futures import ThreadPoolExecutor

from pieces import main


def count(size):
    total = 0
    for i in range(size):
        total += i
    return total


def piece(n):
    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(count, [400_000] * 4))


if __name__ == "__main__":
    main(piece)
