"""Copies more memory than the caches hold, with the GIL held."""
from pieces import main


def piece(n):
    data = bytearray(24 << 20)
    for _ in range(16):
        data = data[:]
        data[0] = n
    return len(data)


if __name__ == "__main__":
    main(piece)
