"""Twin of asyncio/src/experiments/gather/mod.rs: one of five tasks fails. Usage: gather.py SECONDS.

Prints one JSON report: for each technique the lanes, when the caller had its answer, and how the tasks ended.
"""
import asyncio
import itertools
import json
import selectors
import sys
import time

pause = float(sys.argv[1])
TASKS, FAILS = 5, 1


class Refused(Exception):
    pass


async def task(name, ends):
    start, outcome = now(), "cancelled"
    try:
        if name == FAILS:
            await asyncio.sleep(pause / 5)
            outcome = "failed"
            raise Refused(name)
        await asyncio.sleep(pause)
        outcome = "finished"
        return name
    finally:
        ends.append({"name": name, "outcome": outcome, "start": start, "end": now()})


async def detached(ends):
    """The first error is raised here; the other tasks continue."""
    return await asyncio.gather(*[task(i, ends) for i in range(TASKS)])


async def collect_all(ends):
    return await asyncio.gather(*[task(i, ends) for i in range(TASKS)], return_exceptions=True)


async def structured(ends):
    async with asyncio.TaskGroup() as group:
        for i in range(TASKS):
            group.create_task(task(i, ends))


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


async def watch(technique):
    ends, start = [], now()
    try:
        await technique(ends)
    except Exception:  # Refused, or the ExceptionGroup of a TaskGroup
        pass
    answered = now()
    while len(ends) < TASKS:
        await asyncio.sleep(0.005)
    return start, answered, ends


TECHNIQUES = [(detached, "gather"), (collect_all, "gather(return_exceptions=True)")]
notes = []
if hasattr(asyncio, "TaskGroup"):
    TECHNIQUES.append((structured, "TaskGroup"))
else:
    notes.append({"ko": "TaskGroup: 측정하지 않음: 3.11부터 있습니다.",
                  "en": "TaskGroup: not measured: it exists only from 3.11 on."})

COUNTS = [("finished", "완료", "finished"), ("failed", "실패", "failed"), ("cancelled", "취소", "cancelled")]
measures, traces = [], []


def measure(id, ko, en, unit, value):
    measures.append({"id": id, "name": {"ko": ko, "en": en}, "unit": unit, "samples": [value]})


for technique, name in TECHNIQUES:
    (start, answered, ends), thread = run(watch(technique))
    before = [end["outcome"] for end in ends if end["end"] <= answered]
    technique_id = technique.__name__
    measure(technique_id + ".answer", name + ": 답을 받기까지", name + ": time to answer", "ns", answered - start)
    for outcome, ko, en in COUNTS:
        measure(technique_id + "." + outcome, name + ": " + ko, name + ": " + en, "count", before.count(outcome))
    measure(technique_id + ".went_on", name + ": 답 뒤에도 실행", name + ": still running", "count", TASKS - len(before))
    lanes = [{"name": {"ko": "태스크 %d" % end["name"], "en": "Task %d" % end["name"]},
              "spans": [{"state": "waiting_for_io", "start": end["start"], "end": end["end"]}]
              + [{"state": end["outcome"], "start": end["end"], "end": end["end"]}] * (end["outcome"] != "finished")}
             for end in sorted(ends, key=lambda end: end["name"])]
    lanes.append({"name": {"ko": "호출자", "en": "caller"},
                  "spans": [{"state": "waiting_for_io", "start": start, "end": answered}]})
    traces.append({"title": {"ko": name, "en": name}, "lanes": [thread] + lanes})

print(json.dumps({"experiment": "asyncio/gather", "traces": traces, "measures": measures, "notes": notes}))
