# -*- coding: utf-8 -*-
"""Twin of gil-sim/src/experiments/native/mod.rs: native code of CPython's own in threads, and how many cores it keeps busy.

Usage: native.py THREADS SECONDS. zlib lets go of the GIL, hashlib from 2,048 bytes on; sum keeps it. Prints one JSON report: for each
call the wall time, and CPU time over wall time.
"""
import hashlib
import json
import os
import sys
import threading
import time
import zlib

THREADS, SECONDS = int(sys.argv[1]), float(sys.argv[2])
clock = getattr(time, "perf_counter", time.time)
numbers = range if sys.version_info[0] > 2 else xrange  # noqa: F821
large = os.urandom(2 << 20)
small = large[:1024]
measures = []


def cpu():
    # Python 2 has no clock for all threads but this coarse one.
    return time.process_time() if hasattr(time, "process_time") else sum(os.times()[:2])


def hash_small():
    for _ in range(100):
        hashlib.sha256(small)


def until(deadline, call):
    while clock() < deadline:
        call()


def together(name, what, call):
    start, used = clock(), cpu()
    threads = [threading.Thread(target=until, args=(start + SECONDS, call)) for _ in range(THREADS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    wall, used = clock() - start, cpu() - used
    both = {"ko": what, "en": what}
    measures.append({"id": "wall." + name, "name": both, "unit": "ns", "samples": [wall * 1e9]})
    cores = {"ko": what + ": 사용한 코어", "en": what + ": cores busy"}
    measures.append({"id": "cores." + name, "name": cores, "unit": "times", "samples": [used / wall]})


together("zlib", "zlib.compress, 2 MiB", lambda: zlib.compress(large))
together("sha256_large", "hashlib.sha256, 2 MiB", lambda: hashlib.sha256(large))
together("sha256_small", "hashlib.sha256, 1 KiB", hash_small)
together("sum", "sum(range(1000000))", lambda: sum(numbers(1000000)))
print(json.dumps({"experiment": "gil-sim/native", "measures": measures}))
