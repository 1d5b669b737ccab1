"""hashlib lets the GIL go for data of 2048 bytes and more."""
import hashlib

from pieces import main


def piece(n):
    digest = hashlib.sha256()
    data = bytes([n]) * (1 << 20)
    for _ in range(80):
        digest.update(data)
    return digest.hexdigest()


if __name__ == "__main__":
    main(piece)
