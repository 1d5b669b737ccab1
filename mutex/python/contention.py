# -*- coding: utf-8 -*-
"""Twin of mutex/src/experiments/contention/mod.rs: `with lock: counter += 1` with ever more threads. Usage: contention.py 1,2,4 SECONDS.

Prints one JSON report.
"""
import json
import sys
import threading
import time

STEPS, SECONDS = [int(word) for word in sys.argv[1].split(",")], float(sys.argv[2])
CHUNK = 32

counter = 0
lock = threading.Lock()


def add(turns):
    global counter
    for _ in range(turns):
        with lock:
            counter += 1


def load(threads):
    start = threading.Barrier(threads)
    updates = []

    def worker():
        start.wait()
        deadline = time.monotonic() + SECONDS
        mine = 0
        while time.monotonic() < deadline:
            add(CHUNK)
            mine += CHUNK
        updates.append(mine)

    begin = time.monotonic()
    workers = [threading.Thread(target=worker, daemon=True) for _ in range(threads)]
    for t in workers:
        t.start()
    for t in workers:
        t.join()
    wall = time.monotonic() - begin
    return sum(updates) / wall, float(max(updates)) / max(min(updates), 1)


measures = []
for threads in STEPS:
    rate, ratio = load(threads)
    for what, unit, ko, en, value in [
        ("rate", "count", "초당 갱신", "updates a second", rate),
        ("ratio", "times", "스레드별 갱신 횟수의 최대/최소", "most updates of a thread / fewest", ratio),
    ]:
        name = {"ko": "with lock, 스레드 %d개: %s" % (threads, ko), "en": "with lock, threads %d: %s" % (threads, en)}
        measures.append({"id": "%s.lock.%d" % (what, threads), "name": name, "unit": unit, "samples": [value]})
print(json.dumps({"experiment": "mutex/contention", "measures": measures}))
