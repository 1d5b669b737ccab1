"""Native code that waits and keeps the GIL: nothing else of the process goes on."""
import ctypes

from pieces import main

# PyPy has no library whose functions keep the GIL.
LIBRARY = getattr(ctypes, "PyDLL", ctypes.CDLL)(None)


def piece(n):
    for _ in range(5):
        LIBRARY.usleep(25_000)
    return n


if __name__ == "__main__":
    main(piece)
