"""Already runs its native work in threads: there is little to gain."""
import threading
import zlib

from pieces import main

DATA = bytes(range(256)) * 2400


def piece(n):
    sizes = []

    def compress():
        sizes.append(sum(len(zlib.compress(DATA, 6)) for _ in range(6)))

    threads = [threading.Thread(target=compress) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(sizes)


if __name__ == "__main__":
    main(piece)
