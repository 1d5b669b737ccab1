"""Files that wait for the disk: each write is synced."""
import os
import tempfile

from pieces import main


def piece(n):
    path = os.path.join(tempfile.gettempdir(), "choose-sync-%d-%d" % (os.getpid(), n))
    try:
        with open(path, "wb", buffering=0) as file:
            for _ in range(40):
                file.write(b"x" * 4096)
                os.fsync(file.fileno())
        return os.path.getsize(path)
    finally:
        os.remove(path)


if __name__ == "__main__":
    main(piece)
