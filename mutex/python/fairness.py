# -*- coding: utf-8 -*-
"""Twin of mutex/src/experiments/fairness/mod.rs: a long critical section, asked for again at once. Usage: fairness.py THREADS SECONDS SECTION.

threading.Lock, and a lock that keeps a queue. Prints one JSON report.
"""
import collections
import json
import sys
import threading
import time

THREADS, SECONDS, SECTION = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])


# ANCHOR: queue
class FifoLock(object):
    """Whoever lets go hands over to the one who has waited longest."""

    def __init__(self):
        self.guard, self.held, self.waiting = threading.Lock(), False, collections.deque()

    def __enter__(self):
        with self.guard:
            if not self.held:
                self.held = True
                return
            mine = threading.Lock()
            mine.acquire()
            self.waiting.append(mine)
        mine.acquire()  # until it is handed over

    def __exit__(self, *_):
        with self.guard:
            if self.waiting:
                self.waiting.popleft().release()
            else:
                self.held = False
# ANCHOR_END: queue


def watch(lock):
    waits, begins = [[] for _ in range(THREADS)], [[] for _ in range(THREADS)]
    start = threading.Barrier(THREADS)

    def worker(n):
        start.wait()
        deadline = time.monotonic() + SECONDS
        while True:
            asked = time.monotonic()
            if asked >= deadline:
                return
            with lock:
                inside = time.monotonic()
                waits[n].append((asked, inside))
                if inside < deadline:
                    begins[n].append(inside)
                time.sleep(SECTION)

    threads = [threading.Thread(target=worker, args=(n,), daemon=True) for n in range(THREADS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    longest = max(inside - asked for each in waits for asked, inside in each)
    passed = max(
        sum(1 for other in range(THREADS) if other != n for begin in begins[other] if asked < begin < inside)
        for n in range(THREADS) for asked, inside in waits[n])
    return sorted((len(each) for each in begins), reverse=True), longest, passed


measures = []
for id, name, make in [("lock", "threading.Lock", threading.Lock), ("queue", "FifoLock", FifoLock)]:
    turns, longest, passed = watch(make())
    for what, unit, ko, en, samples in [
        ("turns", "count", "스레드별 락 획득", "acquisitions of each thread", turns),
        ("longest_wait", "ns", "최장 대기 시간", "longest wait", [longest * 1e9]),
        ("passed_by", "count", "한 번 대기하는 동안 다른 스레드의 획득(최대)", "acquisitions by others during a wait (most)", [passed]),
    ]:
        label = {"ko": name + ": " + ko, "en": name + ": " + en}
        measures.append({"id": what + "." + id, "name": label, "unit": unit, "samples": samples})
print(json.dumps({"experiment": "mutex/fairness", "measures": measures}))
