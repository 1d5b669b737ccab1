# -*- coding: utf-8 -*-
"""Twin of mutex/src/experiments/bounded_buffer/mod.rs: queue.Queue, and a Condition that is waited for with `if`.

Usage: bounded.py PRODUCERS CONSUMERS ITEMS CAPACITY. Prints one JSON report.
"""
import collections
import json
import sys
import threading
import time
import queue

PRODUCERS, CONSUMERS, ITEMS, CAPACITY = (int(word) for word in sys.argv[1:5])
ITEMS = min(ITEMS, 2000)  # an item costs tens of microseconds here


class Conditions(object):
    def __init__(self):
        lock = threading.Lock()
        self.items, self.room, self.filled = collections.deque(), threading.Condition(lock), threading.Condition(lock)

    def put(self, item):
        with self.room:
            while len(self.items) == CAPACITY:
                self.room.wait()
            self.items.append(item)
            self.filled.notify()

# ANCHOR: broken
    def get(self):
        with self.filled:
            if not self.items:  # broken: `while`
                self.filled.wait()
            if not self.items:
                return None  # pop would raise IndexError
            item = self.items.popleft()
            self.room.notify()
            return item
# ANCHOR_END: broken


def through(buffer):
    seen, nothing, booked = collections.Counter(), [], iter(range(PRODUCERS * ITEMS))
    guard = threading.Lock()

    def produce(first):
        for item in range(first, first + ITEMS):
            buffer.put(item)

    def consume():
        while True:
            with guard:
                if next(booked, None) is None:
                    return
            item = buffer.get()
            while item is None:
                nothing.append(1)
                item = buffer.get()
            with guard:
                seen[item] += 1

    threads = [threading.Thread(target=produce, args=(n * ITEMS,)) for n in range(PRODUCERS)]
    threads += [threading.Thread(target=consume) for _ in range(CONSUMERS)]
    start = time.monotonic()
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    wall = time.monotonic() - start
    lost = PRODUCERS * ITEMS - sum(1 for times in seen.values() if times == 1)
    return lost, len(nothing), wall / (PRODUCERS * ITEMS)


measures = []
for id, name, make in [("if", "Condition, if", Conditions), ("queue", "queue.Queue", lambda: queue.Queue(CAPACITY))]:
    lost, nothing, item = through(make())
    for what, unit, ko, en, value in [
        ("lost", "count", "유실되거나 중복된 항목", "items missing or twice", lost),
        ("nothing", "count", "깨어났으나 항목 없음", "woken with nothing to take", nothing),
        ("item", "ns", "항목당 시간", "time per item", item * 1e9),
    ]:
        label = {"ko": name + ": " + ko, "en": name + ": " + en}
        measures.append({"id": what + "." + id, "name": label, "unit": unit, "samples": [value]})
print(json.dumps({"experiment": "mutex/bounded-buffer", "measures": measures}))
