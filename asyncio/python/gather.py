"""Twin of asyncio/src/experiments/gather/mod.rs: one of five tasks fails. Usage: gather.py SECONDS.

Prints one JSON report: per way the lanes, when the caller had its answer, and what became of the tasks.
"""
import asyncio
import json
import sys
import time

pause = float(sys.argv[1])
TASKS, FAILS = 5, 1

# asyncio.run and create_task came with 3.7.
run = getattr(asyncio, "run", None) or asyncio.get_event_loop().run_until_complete


def now():
    return int(time.monotonic() * 1e9)


class Refused(Exception):
    pass


async def task(name, ends):
    start, fate = now(), "cancelled"
    try:
        if name == FAILS:
            await asyncio.sleep(pause / 5)
            fate = "failed"
            raise Refused(name)
        await asyncio.sleep(pause)
        fate = "finished"
        return name
    finally:
        ends.append({"name": name, "fate": fate, "start": start, "end": now()})


async def detached(ends):
    """The first error is raised here; the other tasks know nothing of it and go on."""
    return await asyncio.gather(*[task(i, ends) for i in range(TASKS)])


async def collect_all(ends):
    return await asyncio.gather(*[task(i, ends) for i in range(TASKS)], return_exceptions=True)


async def structured(ends):
    async with asyncio.TaskGroup() as group:
        for i in range(TASKS):
            group.create_task(task(i, ends))


async def watch(way):
    ends, start = [], now()
    try:
        await way(ends)
    except Exception:  # Refused, or the ExceptionGroup of a TaskGroup
        pass
    answered = now()
    while len(ends) < TASKS:
        await asyncio.sleep(0.005)
    return start, answered, ends


WAYS = [(detached, "gather"), (collect_all, "gather(return_exceptions=True)")]
notes = []
if hasattr(asyncio, "TaskGroup"):
    WAYS.append((structured, "TaskGroup"))
else:
    notes.append({"ko": "TaskGroup: 측정하지 않음: 3.11에서 생겼습니다.",
                  "en": "TaskGroup: not measured: it came with 3.11."})

COUNTS = [("finished", "끝냄", "finished"), ("failed", "실패", "failed"), ("cancelled", "취소됨", "cancelled")]
measures, traces = [], []


def measure(id, ko, en, unit, value):
    measures.append({"id": id, "name": {"ko": ko, "en": en}, "unit": unit, "samples": [value]})


for way, name in WAYS:
    start, answered, ends = run(watch(way))
    before = [end["fate"] for end in ends if end["end"] <= answered]
    way_id = way.__name__
    measure(way_id + ".answer", name + ": 답까지", name + ": answer after", "ns", answered - start)
    for fate, ko, en in COUNTS:
        measure(way_id + "." + fate, name + ": " + ko, name + ": " + en, "count", before.count(fate))
    measure(way_id + ".went_on", name + ": 답 뒤에도 돎", name + ": went on after it", "count", TASKS - len(before))
    lanes = [{"name": {"ko": "태스크 %d" % end["name"], "en": "Task %d" % end["name"]},
              "spans": [{"state": "waiting_for_io", "start": end["start"], "end": end["end"]}]
              + [{"state": end["fate"], "start": end["end"], "end": end["end"]}] * (end["fate"] != "finished")}
             for end in sorted(ends, key=lambda end: end["name"])]
    lanes.append({"name": {"ko": "부른 쪽", "en": "the caller"},
                  "spans": [{"state": "waiting_for_io", "start": start, "end": answered}]})
    traces.append({"title": {"ko": name, "en": name}, "lanes": lanes})

print(json.dumps({"experiment": "asyncio/gather", "traces": traces, "measures": measures, "notes": notes}))
