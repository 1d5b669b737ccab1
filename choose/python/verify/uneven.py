"""One piece is three times as long as the others."""
from pieces import main


def piece(n):
    total = 0
    for i in range(2_400_000 if n == 0 else 800_000):
        total += i * i
    return total


if __name__ == "__main__":
    main(piece)
