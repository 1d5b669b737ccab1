# -*- coding: utf-8 -*-
"""Twin of mutex/src/experiments/deadlock/mod.rs: two locks in two orders, and in one. Usage: deadlock.py ROUNDS SECONDS. Prints one JSON report.

The second lock is waited for at most SECONDS, so that a deadlock ends too.
"""
import json
import sys
import threading
import time

ROUNDS, ENOUGH = int(sys.argv[1]), float(sys.argv[2])
THINK = 0.01


class Account(object):
    def __init__(self, number):
        self.number, self.balance, self.lock = number, 10, threading.Lock()


# ANCHOR: orders
def from_first(source, target):
    return source, target


def lower_first(source, target):
    return (source, target) if source.number < target.number else (target, source)


def transfer(source, target, order):
    first, second = order(source, target)
    with first.lock:
        time.sleep(THINK)
        if not second.lock.acquire(timeout=ENOUGH):
            return False
        try:
            source.balance -= 1
            target.balance += 1
        finally:
            second.lock.release()
    return True
# ANCHOR_END: orders


def stuck(order):
    a, b = Account(1), Account(2)
    done = []
    threads = [threading.Thread(target=lambda pair=pair: done.append(transfer(pair[0], pair[1], order)))
               for pair in [(a, b), (b, a)]]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert a.balance + b.balance == 20, "money is lost"
    return int(not all(done))


measures = []
for id, order in [("from_first", from_first), ("lower_first", lower_first)]:
    name = {"ko": id + ": 교착", "en": id + ": deadlocks"}
    count = sum(stuck(order) for _ in range(ROUNDS))
    measures.append({"id": "stuck." + id, "name": name, "unit": "count", "samples": [count]})
print(json.dumps({"experiment": "mutex/deadlock", "measures": measures}))
