# -*- coding: utf-8 -*-
"""Twin of mutex/src/experiments/across_await.rs: threading.Lock and asyncio.Lock held over an await. Usage: across_await.py SECONDS.

Prints one JSON report.
"""
import asyncio
import json
import sys
import threading
import time

PATIENCE = float(sys.argv[1])
IO, TICK = 0.02, 0.004


# ANCHOR: forms
async def threading_lock(lock):
    if not lock.acquire(timeout=PATIENCE):  # blocks the thread, and with it the event loop
        return False
    try:
        await asyncio.sleep(IO)
    finally:
        lock.release()
    return True


async def asyncio_lock(lock):
    async with lock:  # suspends the task
        await asyncio.sleep(IO)
    return True
# ANCHOR_END: forms


async def watch(task, make):
    lock, ticks = make(), []

    async def tick():
        while True:
            await asyncio.sleep(TICK)
            ticks.append(1)

    ticker = asyncio.ensure_future(tick())
    start = time.monotonic()
    got = await asyncio.gather(task(lock), task(lock))
    wall = time.monotonic() - start
    ticker.cancel()
    return int(not all(got)), len(ticks), wall


measures = []
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
for id, name, task, make in [
    ("threading", "threading.Lock", threading_lock, threading.Lock),
    ("asyncio", "asyncio.Lock", asyncio_lock, asyncio.Lock),
]:
    stuck, ticks, wall = loop.run_until_complete(watch(task, make))
    for what, unit, ko, en, value in [
        ("stuck", "count", "교착", "deadlocks", stuck),
        ("ticks", "count", "타이머 틱 횟수", "timer ticks", ticks),
        ("wall", "ns", "걸린 시간", "time taken", wall * 1e9),
    ]:
        label = {"ko": name + ": " + ko, "en": name + ": " + en}
        measures.append({"id": what + "." + id, "name": label, "unit": unit, "samples": [value]})
loop.close()
print(json.dumps({"experiment": "mutex/across-await", "measures": measures}))
