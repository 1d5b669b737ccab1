"""Computes little for what it passes back: 8 MiB a piece."""
from pieces import main


def piece(n):
    result = bytearray(8 << 20)
    total = 0
    for i in range(400_000):
        total += i
    result[0] = n
    result[-1] = total % 251
    return bytes(result)


if __name__ == "__main__":
    main(piece)
