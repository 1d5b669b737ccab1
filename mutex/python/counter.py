# -*- coding: utf-8 -*-
"""Twin of mutex's experiments counter and versions: one counter that all threads add to.

Usage: counter.py THREADS ITERATIONS RUNS SECONDS SWITCH_INTERVAL FORM... (0 leaves the switch interval as it is; SECONDS is the
most that one run may take). Runs on Python 2.7 as well. Prints one JSON report.
"""
from __future__ import division, print_function

import json
import sys
import threading
import time

THREADS, ITERATIONS, RUNS = [int(arg) for arg in sys.argv[1:4]]
SECONDS, SWITCH_INTERVAL = [float(arg) for arg in sys.argv[4:6]]
CHUNK = 500  # iterations between two looks at the clock: a look in every iteration would be a call in every iteration

clock = getattr(time, "monotonic", time.time)
if SWITCH_INTERVAL and hasattr(sys, "setswitchinterval"):
    try:
        sys.setswitchinterval(SWITCH_INTERVAL)
    except NotImplementedError:  # an implementation without such an interval
        pass
counter = 0
lock = threading.Lock()


class Object(object):
    x = 0


obj = Object()


# ANCHOR: forms
def one():
    return 1


def plain(iterations):
    global counter
    for _ in range(iterations):
        counter += 1


def attribute(iterations):
    for _ in range(iterations):
        obj.x += 1


def call(iterations):
    global counter
    for _ in range(iterations):
        counter += one()  # the old value is already loaded when the call hands over the GIL


def native(iterations):
    global counter
    for _ in range(iterations):
        counter += int(1)


def locked(iterations):
    global counter
    for _ in range(iterations):
        with lock:
            counter += 1
# ANCHOR_END: forms


FORMS = {
    "plain": (plain, "counter += 1"),
    "attribute": (attribute, "obj.x += 1"),
    "call": (call, "counter += one()"),
    "native": (native, "counter += int(1)"),
    "lock": (locked, "with lock"),
}


def share_lost(add):
    global counter
    counter = obj.x = 0
    ready = []
    start = threading.Event()
    made = []

    def worker():
        ready.append(1)
        start.wait()
        deadline = clock() + SECONDS
        done = 0
        while done < ITERATIONS and clock() < deadline:
            chunk = min(CHUNK, ITERATIONS - done)
            add(chunk)
            done += chunk
        made.append(done)

    threads = [threading.Thread(target=worker) for _ in range(THREADS)]
    for t in threads:
        t.daemon = True  # if one cannot be started, those that wait must not keep the program alive
        t.start()
    while len(ready) < THREADS:
        time.sleep(0.0005)
    start.set()
    for t in threads:
        t.join()
    return (sum(made) - counter - obj.x) / sum(made)


asked = sys.argv[6:]
samples = dict((id, []) for id in asked)
for _ in range(RUNS):
    for id in asked:
        samples[id].append(share_lost(FORMS[id][0]))

measures = []
for id in asked:
    code = FORMS[id][1]
    name = {"ko": code + u": 유실된 갱신", "en": code + ": lost updates"}
    measures.append({"id": "lost_share." + id, "name": name, "unit": "share", "samples": samples[id]})
print(json.dumps({"experiment": "mutex/counter", "measures": measures}))
