"""Twin of native/src/experiments/oversubscription.rs: Python threads that call a library with a thread pool of its own.

Usage: oversubscription.py POOL THREADS SECONDS, with POOL one of: default, environment, threadpoolctl. One Python thread, then THREADS of
them, multiply matrices with NumPy. Which threads of the process computed is read from /proc, so this runs on Linux. Prints one JSON report.
"""
import contextlib
import json
import os
import resource
import sys
import threading
import time

POOL, THREADS, SECONDS = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
POOLS = ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"]
for name in POOLS:
    os.environ.pop(name, None)
    if POOL == "environment":
        os.environ[name] = "1"  # before the import: the library reads it once
import numpy as np  # noqa: E402

A_MILLISECOND = 1_000_000
matrix, other = np.random.rand(900, 900), np.random.rand(900, 900)


def cpu_times():
    """CPU time of every thread of this process, in ns."""
    times = {}
    for task in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError), open("/proc/self/task/%s/schedstat" % task) as f:
            times[task] = int(f.read().split()[0])
    return times


def multiply(threads):
    products, computed, start = [0] * threads, [], threading.Barrier(threads + 1)
    done = threading.Barrier(threads + 1)
    until = []

    def worker(i):
        start.wait()
        while products[i] < 2 or time.monotonic() < until[0]:
            matrix.dot(other)
            products[i] += 1
        done.wait()
        done.wait()  # a thread that has ended is no longer in /proc

    every = [threading.Thread(target=worker, args=(i,)) for i in range(threads)]
    for t in every:
        t.start()
    before, switched = cpu_times(), resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw
    begun = time.monotonic()
    until.append(begun + SECONDS)
    start.wait()
    done.wait()
    wall = time.monotonic() - begun
    after = cpu_times()
    switched = resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw - switched
    done.wait()
    for t in every:
        t.join()
    computed = sum(spent - before.get(task, 0) > A_MILLISECOND for task, spent in after.items())
    return sum(products) / wall, computed, switched / wall


limits = contextlib.nullcontext()
if POOL == "threadpoolctl":
    from threadpoolctl import threadpool_limits
    limits = threadpool_limits(1)
measures = []
with limits:
    matrix.dot(other)
    for threads in sorted({1, THREADS}):
        products, computed, switched = multiply(threads)
        for name, ko, en, value in [
            ("products", "초당 행렬 곱", "products a second", products),
            ("computed", "계산한 스레드", "threads that computed", computed),
            ("switched", "초당 비자발적 문맥 전환", "involuntary context switches a second", switched),
        ]:
            what = {"ko": "스레드 %d개: %s" % (threads, ko), "en": "threads %d: %s" % (threads, en)}
            measures.append({"id": "%s.%d" % (name, threads), "name": what, "unit": "count", "samples": [value]})
print(json.dumps({"experiment": "native/oversubscription", "measures": measures}))
