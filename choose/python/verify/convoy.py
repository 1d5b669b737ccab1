"""A thread waits for short times while another computes: it waits for the GIL each time too."""
import threading
import time

from pieces import main


def piece(n):
    stop = threading.Event()

    def compute():
        total = 0
        while not stop.is_set():
            for i in range(2000):
                total += i

    thread = threading.Thread(target=compute)
    thread.start()
    for _ in range(25):
        time.sleep(0.001)
    stop.set()
    thread.join()
    return n


if __name__ == "__main__":
    main(piece)
