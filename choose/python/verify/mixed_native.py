"""Half of the computing is Python, half is zlib without the GIL."""
import zlib

from pieces import main

DATA = bytes(range(256)) * 1600


def piece(n):
    total = 0
    for _ in range(10):
        for i in range(70_000):
            total += i ^ n
        total += len(zlib.compress(DATA, 6))
    return total


if __name__ == "__main__":
    main(piece)
