"""Threads that do everything with one lock held."""
import threading
import time

from pieces import main

LOCK = threading.Lock()


def piece(n):
    def step():
        for _ in range(6):
            with LOCK:
                time.sleep(0.005)

    threads = [threading.Thread(target=step) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return n


if __name__ == "__main__":
    main(piece)
