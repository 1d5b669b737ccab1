"""hashlib keeps the GIL for small data."""
import hashlib

from pieces import main


def piece(n):
    digest = hashlib.sha256()
    data = bytes([n]) * 1000
    for _ in range(70_000):
        digest.update(data)
    return digest.hexdigest()


if __name__ == "__main__":
    main(piece)
