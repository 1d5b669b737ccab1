"""Twin of asyncio/src/experiments/blocking.rs: a task that computes stalls the loop, and remedies. Usage: blocking.py ITERATIONS PERIOD BEFORE.

Prints one JSON report: for each technique, how late the other tasks woke up, and how long the computation took.
"""
import asyncio
import itertools
import json
import multiprocessing
import selectors
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor

ITERATIONS, PERIOD, BEFORE = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
PIECE = 25000
OTHERS = 3

# asyncio.get_running_loop is missing before 3.7.
running_loop = getattr(asyncio, "get_running_loop", None) or asyncio.get_event_loop


def count(iterations):
    total = 0
    for i in range(iterations):
        total += i
    return total


async def in_the_loop():
    count(ITERATIONS)


async def yields():
    done = 0
    while done < ITERATIONS:
        piece = min(PIECE, ITERATIONS - done)
        count(piece)
        done += piece
        await asyncio.sleep(0)


async def spawn_blocking():
    await running_loop().run_in_executor(None, count, ITERATIONS)


async def own_thread():
    loop, done = running_loop(), asyncio.Event()

    def work():
        count(ITERATIONS)
        loop.call_soon_threadsafe(done.set)

    threading.Thread(target=work).start()
    await done.wait()


async def process():
    await running_loop().run_in_executor(pool, count, ITERATIONS)


def now():
    return int(time.monotonic() * 1e9)


def run(main):
    """asyncio.run: the result, and the lane of the loop's thread, which waits in select and runs in between.

    When select returns it first takes the GIL; Python does not show that wait, so it counts as a part of select.
    """
    selector, edges = selectors.DefaultSelector(), [now()]
    wait = selector.select

    def select(timeout=None):
        if timeout is not None and timeout <= 0:
            return wait(timeout)  # does not wait
        edges.append(now())
        events = wait(timeout)
        edges.append(now())
        return events

    selector.select = select
    loop = asyncio.SelectorEventLoop(selector)
    try:
        result = loop.run_until_complete(main)
    finally:
        loop.close()
    states = itertools.cycle(["running", "waiting_for_io"])
    spans = [{"state": s, "start": a, "end": b} for s, a, b in zip(states, edges, edges[1:] + [now()])]
    return result, {"name": {"ko": "루프 스레드", "en": "loop thread"}, "spans": spans}


async def ticker(stop, lane, late):
    while not stop:
        start = now()
        due = start + int(PERIOD * 1e9)
        await asyncio.sleep(PERIOD)
        end = now()
        lane.append({"state": "waiting_for_io", "start": start, "end": min(due, end)})
        lane.append({"state": "ready", "start": min(due, end), "end": end})
        late.append(max(0, end - due))


async def watch(way):
    stop, late, lanes = [], [], [[] for _ in range(OTHERS)]
    others = [asyncio.ensure_future(ticker(stop, lane, late)) for lane in lanes]
    await asyncio.sleep(BEFORE)
    start = now()
    await way()
    end = now()
    await asyncio.sleep(BEFORE)
    stop.append(True)
    await asyncio.gather(*others)
    return late, start, end, lanes


def main():
    measures, traces = [], []
    for way in (in_the_loop, yields, spawn_blocking, own_thread, process):
        name = way.__name__
        (late, start, end, lanes), thread = run(watch(way))
        measures.append({"id": "late." + name, "unit": "ns", "samples": late,
                         "name": {"ko": name + ": 다른 태스크가 깨어날 때의 지연", "en": name + ": lateness of the other tasks"}})
        measures.append({"id": "took." + name, "unit": "ns", "samples": [end - start],
                         "name": {"ko": name + ": 계산에 걸린 시간", "en": name + ": time of the computation"}})
        drawn = [thread, {"name": {"ko": "계산", "en": "computing"}, "spans": [{"state": "running", "start": start, "end": end}]}]
        drawn += [{"name": {"ko": "다른 태스크 %d" % i, "en": "other task %d" % i}, "spans": lane} for i, lane in enumerate(lanes)]
        if way in (in_the_loop, spawn_blocking):
            traces.append({"title": {"ko": name, "en": name}, "lanes": drawn})
    print(json.dumps({"experiment": "asyncio/blocking", "traces": traces, "measures": measures, "notes": [start_method()]}))


def start_method():
    """How the process of the pool was started: a note for the reader."""
    method = multiprocessing.get_start_method()
    return {"ko": "프로세스의 시작 방식: " + method, "en": "start method of the process: " + method}


if __name__ == "__main__":
    with ProcessPoolExecutor(1) as pool:
        pool.submit(count, 1).result()  # starts the pool's process before the measurement
        main()
