"""Twin of gil-sim/src/experiments/cpu_bound.rs: CPU-bound threads on CPython, and who of them ran when.

Usage: cpu_bound.py THREADS ITERATIONS INTERVAL. Up to 3.14 CPython does not tell who holds the GIL. Each thread counts in small steps and looks at the
clock after each: a step that took much longer than the others is one in which somebody else had the GIL (or the core).
Prints one JSON report; its table has the native id of each lane's thread, by which a profiler names it.
"""
import json
import sys
import threading
import time

THREADS, ITERATIONS, INTERVAL = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
STEP = 1000
PAUSE = 500000  # ns: a step of 1,000 iterations takes some 50,000

lanes = []
ids = {}


def now():
    return int(time.monotonic() * 1e9)


def count(name):
    spans = []
    since = last = now()
    total = 0
    for start in range(0, ITERATIONS, STEP):
        for i in range(start, min(start + STEP, ITERATIONS)):
            total += i
        t = now()
        if t - last > PAUSE:
            spans.append({"state": "running", "start": since, "end": last})
            spans.append({"state": "waiting_for_lock", "start": last, "end": t})
            since = t
        last = t
    spans.append({"state": "running", "start": since, "end": last})
    lanes.append({"name": {"ko": "스레드 %d" % name, "en": "Thread %d" % name}, "spans": spans})
    if hasattr(threading, "get_native_id"):  # 3.8
        ids[name] = threading.get_native_id()


sys.setswitchinterval(INTERVAL)
threads = [threading.Thread(target=count, args=(i,)) for i in range(THREADS)]
for t in threads:
    t.start()
for t in threads:
    t.join()

lanes.sort(key=lambda lane: lane["name"]["en"])
title = {"ko": "threading.Thread로 실행한 루프", "en": "the loop in threading.Thread"}
rows = [[{"ko": str(ids[name]), "en": str(ids[name])}] for name in sorted(ids, key=str)]
table = {"title": {"ko": "native_id", "en": "native_id"}, "head": [{"ko": "native_id", "en": "native_id"}], "rows": rows}
print(json.dumps({"experiment": "gil-sim/cpu-bound", "traces": [{"title": title, "lanes": lanes}], "tables": [table]}))
