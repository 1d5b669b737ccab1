"""Twin of asyncio/src/article.rs: tasks that wait at the same time on one thread. Usage: article.py SECONDS [TASKS ROUNDS].

Prints one JSON report. With TASKS and ROUNDS it contains measurements, one sample per round.
"""
import asyncio
import itertools
import json
import sys
import threading
import time

pause = float(sys.argv[1])
count, rounds = (int(word) for word in sys.argv[2:] or (5, 1))
threads = set()

# asyncio.run and time.monotonic_ns are missing before 3.7.
run = getattr(asyncio, "run", None) or asyncio.get_event_loop().run_until_complete


def now():
    return int(time.monotonic() * 1e9)


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


def peak(lanes):
    spans = [span for lane in lanes for span in lane["spans"]]
    edges = sorted([(s["start"], 1) for s in spans] + [(s["end"], -1) for s in spans])
    return max(itertools.accumulate(step for _, step in edges))


def measure(id, ko, en, unit, samples):
    return {"id": id, "name": {"ko": ko, "en": en}, "unit": unit, "samples": samples}


wall, cpu, used, together = [], [], [], []
lanes = []
for _ in range(rounds):
    threads.clear()
    start, spent = now(), time.process_time()
    lanes = run(main())
    wall.append(now() - start)
    cpu.append((time.process_time() - spent) * 1e9)
    used.append(len(threads))
    together.append(peak(lanes))

report = {"experiment": "asyncio/article"}
report["traces"] = [{"title": {"ko": "asyncio", "en": "asyncio"}, "lanes": lanes}]
if len(sys.argv) > 2:
    report["measures"] = [
        measure("wall", "벽시계 시간", "wall time", "ns", wall),
        measure("cpu", "CPU 시간", "CPU time", "ns", cpu),
        measure("threads", "스레드 수", "threads", "count", used),
        measure("peak", "동시 대기 최댓값", "waiting at once, peak", "count", together),
    ]
print(json.dumps(report))
