"""Twin of native/src/experiments/callback.rs: native code without the GIL that calls Python in between.

Usage: callback.py FOLDER ITERATIONS ROUNDS; FOLDER has the module native_extension. The callback calls the loop that holds the GIL, whose
stamps say when it ran. Prints one JSON report.
"""
import json
import sys
import threading

sys.path.insert(0, sys.argv[1])
import native_extension as native  # noqa: E402

ITERATIONS, ROUNDS = int(sys.argv[2]), int(sys.argv[3])
THREADS = 2
WAITING = "waiting_for_lock" if getattr(sys, "_is_gil_enabled", lambda: True)() else "ready"
lanes = [None] * THREADS
start = threading.Barrier(THREADS)


def worker(i):
    stamps = []
    start.wait()
    rounds = native.count_with_callback(ITERATIONS, ROUNDS, lambda: stamps.append(native.count_holding(ITERATIONS)))
    spans = []
    for (begun, ended, called, _), (_, ran, done, _) in zip(rounds, stamps):
        spans.append({"state": "native", "start": begun, "end": ended})
        spans.append({"state": WAITING, "start": ended, "end": ran})
        spans.append({"state": "running", "start": ran, "end": done})
    lanes[i] = {"name": {"ko": "스레드 %d" % i, "en": "Thread %d" % i}, "spans": spans}


threads = [threading.Thread(target=worker, args=(i,)) for i in range(THREADS)]
for t in threads:
    t.start()
for t in threads:
    t.join()
title = {"ko": "콜백이 있는 네이티브 코드", "en": "native code with a callback"}
print(json.dumps({"experiment": "native/callback", "traces": [{"title": title, "lanes": lanes}]}))
