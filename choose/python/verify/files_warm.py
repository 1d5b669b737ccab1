"""Files from the page cache, checksummed: what looks like I/O computes."""
import os
import tempfile
import zlib

from pieces import main


def piece(n):
    data = bytes([n]) * (1 << 20)
    path = os.path.join(tempfile.gettempdir(), "choose-warm-%d-%d" % (os.getpid(), n))
    try:
        with open(path, "wb") as file:
            file.write(data)
        total = 0
        for _ in range(60):
            with open(path, "rb") as file:
                total ^= zlib.crc32(file.read())
        return total
    finally:
        os.remove(path)


if __name__ == "__main__":
    main(piece)
