"""A pool of CPython's world, measured on request. Usage: peers.py KIND. Reads lines "QUANTITY N", answers each with ns or "none".

KIND: pool-fork, pool-spawn, executor, loky, joblib. Or: peers.py first KIND N. Prints what the first pool of this interpreter
takes to start.
"""
import multiprocessing as mp
import os
import signal
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory


def square(n):
    return n * n


def who(_):
    return os.getpid()


def copy(message):
    return bytes(bytearray(message))


def copy_shared(names_and_size):
    source, target, size = names_and_size
    ours, theirs = SharedMemory(source), SharedMemory(target)
    theirs.buf[:size] = ours.buf[:size]
    ours.close()
    theirs.close()


class Pool:
    """multiprocessing.Pool"""

    def __init__(self, method, workers=2):
        self.pool = mp.get_context(method).Pool(workers)

    def map(self, work, arguments, chunk):
        return self.pool.map(work, arguments, chunksize=chunk)

    def call(self, work, argument):
        return self.pool.apply(work, (argument,))

    def pids(self):
        return [worker.pid for worker in self.pool._pool]

    def close(self):
        self.pool.terminate()


class Executor:
    """ProcessPoolExecutor, and loky's, which has its interface"""

    def __init__(self, pool):
        self.pool = pool

    def map(self, work, arguments, chunk):
        return list(self.pool.map(work, arguments, chunksize=chunk))

    def call(self, work, argument):
        return self.pool.submit(work, argument).result()

    def pids(self):
        return list(self.pool._processes)

    def close(self):
        self.pool.shutdown()


class Joblib:
    def __init__(self, workers=2):
        import joblib

        self.delayed = joblib.delayed
        self.parallel = joblib.Parallel(n_jobs=workers, backend="loky")
        self.parallel.__enter__()

    def map(self, work, arguments, chunk):
        self.parallel.batch_size = chunk if chunk > 1 else 1
        return self.parallel(self.delayed(work)(n) for n in arguments)

    def call(self, work, argument):
        return self.map(work, [argument], 1)[0]

    def pids(self):
        return []

    def close(self):
        from joblib.externals.loky import get_reusable_executor

        self.parallel.__exit__(None, None, None)
        get_reusable_executor().shutdown(wait=True)


def make(kind, workers):
    if kind.startswith("pool-"):
        return Pool(kind[5:], workers)
    if kind == "executor":
        return Executor(ProcessPoolExecutor(workers))
    if kind == "loky":
        import loky

        return Executor(loky.ProcessPoolExecutor(workers))
    return Joblib(workers)


def start(kind, workers):
    begin = time.monotonic_ns()
    pool = make(kind, workers)
    seen = set(pool.map(who, range(workers), 1))
    while len(seen) < workers:
        # Asking at once would take the core from those that are on their way.
        time.sleep(0.0001)
        seen |= set(pool.map(who, range(workers), 1))
    return pool, time.monotonic_ns() - begin


def started(kind, workers):
    pool, took = start(kind, workers)
    pool.close()
    return took


def median(times, work):
    samples = []
    for _ in range(times):
        begin = time.monotonic_ns()
        work()
        samples.append(time.monotonic_ns() - begin)
    return statistics.median(samples)


def rounds(size):
    return max(3, min(12, (24 << 20) // size))


def private(pid):
    keys = ("Private_Clean:", "Private_Dirty:")
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        return sum(int(line.split()[1]) * 1024 for line in rollup if line.startswith(keys))


def memory(pool):
    pool.map(square, range(10_000), 100)
    return max(map(private, pool.pids()))


def shared(pool, n):
    message = bytes(n)
    source, target = SharedMemory(create=True, size=n), SharedMemory(create=True, size=n)
    try:

        def there_and_back():
            source.buf[:n] = message
            pool.call(copy_shared, (source.name, target.name, n))
            bytes(target.buf[:n])

        there_and_back()
        return median(rounds(n), there_and_back)
    finally:
        for segment in (source, target):
            segment.close()
            segment.unlink()


def measure(kind, pool, quantity, n):
    if quantity == "start":
        # The slow ones once: what they take stands out from what the one before has left in the caches.
        return statistics.median(started(kind, n) for _ in range(5 if kind in ("pool-fork", "executor") else 1))
    if quantity == "trip":
        return median(max(20, n // (100 if kind == "joblib" else 5)), lambda: pool.call(square, 3))
    if quantity.startswith("tiny"):
        chunk = int(quantity[5:])
        tasks = n if chunk > 1 else n // (50 if kind.startswith("pool") else 200)
        begin = time.monotonic_ns()
        squares = pool.map(square, range(tasks), chunk)
        took = time.monotonic_ns() - begin
        assert squares == [n * n for n in range(tasks)]
        return took / tasks
    if quantity == "bytes":
        message = bytes(n)
        pool.call(copy, message)
        return median(rounds(n), lambda: pool.call(copy, message))
    if quantity == "shared" and kind == "pool-fork":
        return shared(pool, n)
    if quantity == "memory" and pool.pids():
        return memory(pool)
    if quantity == "fresh" and pool.pids():
        other, _ = start(kind, n)
        used = memory(other)
        other.close()
        return used
    return None


def main():
    if sys.argv[1] == "first":
        return print(started(sys.argv[2], int(sys.argv[3])))
    kind = sys.argv[1]
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    resource_tracker.ensure_running()
    pool, _ = start(kind, 2)
    print("ready", flush=True)
    for line in sys.stdin:
        quantity, n = line.split()
        took = measure(kind, pool, quantity, int(n))
        print("none" if took is None else took, flush=True)
    pool.close()


if __name__ == "__main__":
    main()
