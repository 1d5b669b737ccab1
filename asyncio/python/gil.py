"""Twin of asyncio/src/experiments/gil/mod.rs: an event loop alone, and beside a thread that computes. Usage: gil.py ITERATIONS SECONDS PERIOD.

Prints one JSON report: how late the tasks of the loop woke up in both cases.
"""
import asyncio
import json
import sys
import threading
import time

ITERATIONS, LASTING, PERIOD = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])

# asyncio.run is missing before 3.7.
run = getattr(asyncio, "run", None) or asyncio.get_event_loop().run_until_complete


def now():
    return int(time.monotonic() * 1e9)


def compute(lane):
    start, total = now(), 0
    for i in range(ITERATIONS):
        total += i
    # When the thread held the GIL is not visible from Python, so the whole time is one span.
    lane.append({"state": "running", "start": start, "end": now()})


async def ticker(stop, lane, late):
    while not stop:
        start = now()
        due = start + int(PERIOD * 1e9)
        await asyncio.sleep(PERIOD)
        end = now()
        lane.append({"state": "waiting_for_io", "start": start, "end": min(due, end)})
        lane.append({"state": "ready", "start": min(due, end), "end": end})
        late.append(max(0, end - due))


async def watch(threads):
    stop, late, lanes = [], [], [[] for _ in range(3)]
    for thread in threads:
        thread.start()
    others = [asyncio.ensure_future(ticker(stop, lane, late)) for lane in lanes]
    if not threads:
        await asyncio.sleep(LASTING)
    while any(thread.is_alive() for thread in threads):
        await asyncio.sleep(PERIOD)
    stop.append(True)
    await asyncio.gather(*others)
    return late, lanes


def named(ko, en, spans):
    return {"name": {"ko": ko, "en": en}, "spans": spans}


measures, traces = [], []
for case, ko, en in (("alone", "루프만", "the loop alone"), ("beside", "CPU 스레드와 함께", "beside a CPU thread")):
    cpu = []
    threads = [threading.Thread(target=compute, args=(cpu,))] if case == "beside" else []
    late, lanes = run(watch(threads))
    measures.append({"id": "late." + case, "unit": "ns", "samples": late,
                     "name": {"ko": ko + ": 태스크가 깨어날 때의 지연", "en": en + ": lateness of the tasks"}})
    drawn = [named("CPU 0", "CPU 0", cpu)] if threads else []
    drawn += [named("태스크 %d" % i, "Task %d" % i, lane) for i, lane in enumerate(lanes)]
    traces.append({"title": {"ko": ko, "en": en}, "lanes": drawn})

print(json.dumps({"experiment": "asyncio/gil", "traces": traces, "measures": measures}))
