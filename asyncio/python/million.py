"""Twin of asyncio/src/experiments/million/mod.rs: one row, with all sleepers in this process. Usage: million.py asyncio|threading MANY SECONDS.

Prints one JSON report: the growth of the process's memory when all were asleep, how many were asleep, CPU time, time to spawn.
"""
import asyncio
import json
import sys
import threading
import time

KIND, MANY, PAUSE = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
WARM_UP = 8
asleep = awake = 0
lock = threading.Lock()

# asyncio.run is missing before 3.7.
run = getattr(asyncio, "run", None) or asyncio.get_event_loop().run_until_complete


def private_memory():
    """Memory that this process has written to and does not share, in bytes; None if the system does not report it."""
    try:
        with open("/proc/self/smaps_rollup") as rollup:
            fields = dict(line.split()[:2] for line in rollup if line.startswith("Private_"))
    except OSError:
        return None
    return int(fields["Private_Dirty:"]) * 1024


def now():
    return int(time.monotonic() * 1e9)


class Row:
    def begin(self):
        global asleep, awake
        asleep = awake = 0
        self.memory, self.cpu, self.start = private_memory(), time.process_time(), now()

    def take_snapshot(self):
        slept, self.full = asleep, now()
        grown = private_memory()
        self.bytes = None if grown is None or self.memory is None else grown - self.memory
        self.alive = slept - awake


row = Row()


async def task(pause):
    global asleep, awake
    asleep += 1
    await asyncio.sleep(pause)
    awake += 1


async def tasks():
    for t in [asyncio.ensure_future(task(0.001)) for _ in range(WARM_UP)]:
        await t
    row.begin()
    everyone = [asyncio.ensure_future(task(PAUSE)) for _ in range(MANY)]
    while asleep < MANY and not awake:
        await asyncio.sleep(0.001)
    row.take_snapshot()
    for t in everyone:
        await t


def thread(pause):
    global asleep, awake
    with lock:
        asleep += 1
    time.sleep(pause)
    with lock:
        awake += 1


def started(pause, many):
    everyone = []
    for _ in range(many):
        t = threading.Thread(target=thread, args=(pause,))
        try:
            t.start()
        except RuntimeError:  # the system refuses to start more threads
            break
        everyone.append(t)
    return everyone


def threads():
    for t in started(0.001, WARM_UP):
        t.join()
    row.begin()
    everyone = started(PAUSE, MANY)
    while asleep < len(everyone) and not awake:
        time.sleep(0.001)
    row.take_snapshot()
    for t in everyone:
        t.join()


if KIND == "asyncio":
    run(tasks())
else:
    threads()
cpu, end = (time.process_time() - row.cpu) * 1e9, now()

measures = []
for id, unit, value in (("bytes", "bytes", row.bytes), ("cpu", "ns", cpu), ("alive", "count", row.alive),
                        ("spawned", "ns", row.full - row.start)):
    if value is not None:
        measures.append({"id": id, "name": {"ko": id, "en": id}, "unit": unit, "samples": [value]})
wake = min(max(row.start + int(PAUSE * 1e9), row.full), end)
spans = [{"state": state, "start": a, "end": b} for state, a, b in
         (("running", row.start, row.full), ("waiting_for_io", row.full, wake), ("running", wake, end))]
lane = {"name": {"ko": KIND, "en": KIND}, "spans": spans}
print(json.dumps({"experiment": "asyncio/sleepers", "measures": measures,
                  "traces": [{"title": {"ko": "", "en": ""}, "lanes": [lane]}]}))
