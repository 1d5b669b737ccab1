# -*- coding: utf-8 -*-
"""Twin of mutex/src/versions.rs: five ways to write the update. Usage: versions.py THREADS TURNS. Prints one JSON report."""
import json
import sys
import threading
import time

THREADS, TURNS = int(sys.argv[1]), int(sys.argv[2])
REPEATS = 3
LIMIT = 0.03  # seconds that one repeat may take
CHUNK = 500  # turns between two looks at the clock: a look in every turn would be a call in every turn

sys.setswitchinterval(1e-4)
counter = 0
lock = threading.Lock()


class Object(object):
    x = 0


obj = Object()


# ANCHOR: forms
def one():
    return 1


def plain(turns):
    global counter
    for _ in range(turns):
        counter += 1


def attribute(turns):
    for _ in range(turns):
        obj.x += 1


def call(turns):
    global counter
    for _ in range(turns):
        counter += one()


def native(turns):
    global counter
    for _ in range(turns):
        counter += int(1)


def locked(turns):
    global counter
    for _ in range(turns):
        with lock:
            counter += 1
# ANCHOR_END: forms


def share_lost(add):
    global counter
    counter = obj.x = 0
    start = threading.Barrier(THREADS)
    made = []

    def worker():
        start.wait()
        deadline = time.monotonic() + LIMIT
        turns = 0
        while turns < TURNS and time.monotonic() < deadline:
            chunk = min(CHUNK, TURNS - turns)
            add(chunk)
            turns += chunk
        made.append(turns)

    # Daemons: if one cannot be started, those at the barrier must not keep the program alive.
    threads = [threading.Thread(target=worker, daemon=True) for _ in range(THREADS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return (sum(made) - counter - obj.x) / sum(made)


forms = [
    ("plain", plain, "counter += 1"),
    ("attribute", attribute, "obj.x += 1"),
    ("call", call, "counter += one()"),
    ("native", native, "counter += int(1)"),
    ("lock", locked, "with lock"),
]
samples = {id: [] for id, _, _ in forms}
for _ in range(REPEATS):
    for id, add, _ in forms:
        samples[id].append(share_lost(add))

measures = []
for id, _, code in forms:
    name = {"ko": code + ": 잃음", "en": code + ": lost"}
    measures.append({"id": "lost_share." + id, "name": name, "unit": "share", "samples": samples[id]})
print(json.dumps({"experiment": "mutex/versions", "measures": measures}))
