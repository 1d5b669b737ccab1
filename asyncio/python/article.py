"""Twin of asyncio/src/article.rs: tasks that wait at the same time on one thread. Usage: article.py SECONDS [TASKS ROUNDS].

Prints one JSON report. With TASKS and ROUNDS it contains measurements, one sample per round.
"""
import asyncio
import itertools
import json
import selectors
import sys
import threading
import time

pause = float(sys.argv[1])
count, rounds = (int(word) for word in sys.argv[2:] or (5, 1))
threads = set()


async def async_task(name):
    threads.add(threading.get_ident())
    start = now()
    await asyncio.sleep(pause)
    span = {"state": "waiting_for_io", "start": start, "end": now()}
    threads.add(threading.get_ident())
    return {"name": {"ko": f"태스크 {name}", "en": f"Task {name}"}, "spans": [span]}


async def main():
    tasks = [async_task(i) for i in range(count)]
    return await asyncio.gather(*tasks)


def now():
    return int(time.monotonic() * 1e9)


def run(main):
    """asyncio.run: the result, and the lane of the loop's thread, which waits in select and runs in between."""
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


def peak(lanes):
    spans = [span for lane in lanes for span in lane["spans"]]
    edges = sorted([(s["start"], 1) for s in spans] + [(s["end"], -1) for s in spans])
    return max(itertools.accumulate(step for _, step in edges))


def measure(id, ko, en, unit, samples):
    return {"id": id, "name": {"ko": ko, "en": en}, "unit": unit, "samples": samples}


wall, cpu, used, together = [], [], [], []
lanes, thread = [], None
for _ in range(rounds):
    threads.clear()
    start, spent = now(), time.process_time()
    lanes, thread = run(main())
    wall.append(now() - start)
    cpu.append((time.process_time() - spent) * 1e9)
    used.append(len(threads))
    together.append(peak(lanes))

report = {"experiment": "asyncio/article"}
report["traces"] = [{"title": {"ko": "asyncio", "en": "asyncio"}, "lanes": [thread] + lanes}]
if len(sys.argv) > 2:
    report["measures"] = [
        measure("wall", "벽시계 시간", "wall time", "ns", wall),
        measure("cpu", "CPU 시간", "CPU time", "ns", cpu),
        measure("threads", "스레드 수", "threads", "count", used),
        measure("peak", "동시 대기 최댓값", "waiting at once, peak", "count", together),
    ]
print(json.dumps(report))
