"""Short calls that let the GIL go for a moment each: threads hand it on at every one of them."""
import os

from pieces import main


def piece(n):
    folder = os.path.dirname(os.__file__)
    total = 0
    for _ in range(120):
        for name in os.listdir(folder):
            total += os.lstat(os.path.join(folder, name)).st_size > 4096
    return total


if __name__ == "__main__":
    main(piece)
