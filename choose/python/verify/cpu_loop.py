"""A loop in pure Python."""
from pieces import main


def piece(n):
    total = 0
    for i in range(1_200_000):
        total += i * (n + 1)
    return total


if __name__ == "__main__":
    main(piece)
