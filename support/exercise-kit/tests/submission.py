import threading


def raises():
    raise ValueError("as told")


def takes_it_twice():
    lock = threading.Lock()
    with lock:
        lock.acquire()
