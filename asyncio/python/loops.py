"""Twin of asyncio/src/experiments/loops/mod.rs: all tasks on one event loop, and divided among loops in threads of their own.

Usage: loops.py LOOPS TASKS ITERATIONS PIECES PAUSE. Prints one JSON report: wall time, and how many cores were kept busy.
"""
import asyncio
import json
import sys
import threading
import time

LOOPS, TASKS, ITERATIONS, PIECES = [int(arg) for arg in sys.argv[1:5]]
PAUSE = float(sys.argv[5])


# ANCHOR: loops
async def task():
    done = 0
    for piece in range(1, PIECES + 1):
        end = ITERATIONS * piece // PIECES
        total = 0
        for i in range(done, end):
            total += i
        done = end
        await asyncio.sleep(PAUSE)


async def all_of(tasks):
    await asyncio.gather(*[task() for _ in range(tasks)])


def one_loop(tasks):
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(all_of(tasks))
    finally:
        loop.close()


def several_loops():
    threads = [threading.Thread(target=one_loop, args=(TASKS,)) for _ in range(LOOPS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
# ANCHOR_END: loops


def measure(id, ko, en, unit, value):
    return {"id": id, "name": {"ko": ko, "en": en}, "unit": unit, "samples": [value]}


measures = []
for case, ko, en, work in (("one", "루프 하나", "one loop", lambda: one_loop(LOOPS * TASKS)),
                           ("several", "스레드마다 루프", "a loop per thread", several_loops)):
    wall, cpu = time.monotonic(), time.process_time()
    work()
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    measures.append(measure("wall." + case, ko + ": 걸린 시간", en + ": wall time", "ns", wall * 1e9))
    measures.append(measure("cores." + case, ko + ": 쓴 코어", en + ": cores busy", "times", cpu / wall))

print(json.dumps({"experiment": "asyncio/loops", "measures": measures}))
