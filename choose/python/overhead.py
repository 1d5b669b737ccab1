"""Programs whose time is compared with and without a sampler beside them: argv is the program and the amount of its work."""

import sys
import threading
import time

PIECE = 100_000  # Steps of the loop; one of these or one wait of 10 ms is a piece of work.


def compute(pieces):
    for _ in range(pieces):
        total = 0
        for i in range(PIECE):
            total += i


def wait(pieces):
    for _ in range(pieces):
        time.sleep(0.01)


def threads(pieces):
    def work():
        for _ in range(pieces // 5):
            time.sleep(0.05)
            sum(range(1000))

    all_threads = [threading.Thread(target=work) for _ in range(50)]
    for thread in all_threads:
        thread.start()
    for thread in all_threads:
        thread.join()


if __name__ == "__main__":
    {"compute": compute, "wait": wait, "threads": threads}[sys.argv[1]](int(sys.argv[2]))
    # Of the whole process: its start is part of it.
    print(time.process_time())
