"""Twin of mutex/src/counter.rs: one counter that all threads add to. Usage: counter.py THREADS TURNS. Prints one JSON report."""
import json
import sys
import threading
import time

THREADS = int(sys.argv[1])
TURNS = int(sys.argv[2])
REPEATS = 5
LIMIT = 0.3  # seconds that one repeat may take; a contended lock can be slow
CHUNK = 1000  # turns between two looks at the clock: a look in every turn would be a call in every turn

counter = 0
lock = threading.Lock()


# ANCHOR: forms
def one():
    return 1


def plain(turns):
    global counter
    for _ in range(turns):
        counter += 1


def call(turns):
    global counter
    for _ in range(turns):
        counter += one()  # the old value is already loaded when the call hands over the GIL


def locked(turns):
    global counter
    for _ in range(turns):
        with lock:
            counter += 1
# ANCHOR_END: forms


def share_lost(add):
    global counter
    counter = 0
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
    return (sum(made) - counter) / sum(made)


forms = [
    ("plain", plain, "counter += 1"),
    ("call", call, "counter += one()"),
    ("lock", locked, "with lock"),
]
samples = {id: [] for id, _, _ in forms}
for _ in range(REPEATS):
    for id, add, _ in forms:
        samples[id].append(share_lost(add))

measures = []
for id, _, code in forms:
    name = {"ko": f"{code}: 잃음", "en": f"{code}: lost"}
    measures.append({"id": f"lost_share.{id}", "name": name, "unit": "share", "samples": samples[id]})
print(json.dumps({"experiment": "mutex/counter", "measures": measures}))
