"""Twin of native/src/experiments/release/mod.rs: two threads call native code that holds the GIL, and native code that releases it.

Usage: release.py FOLDER ITERATIONS CALLS; FOLDER has the module native_extension. A third thread sleeps a millisecond at a time: how
long it does not run is how long the others keep it out. Prints one JSON report.
"""
import json
import sys
import threading
import time

sys.path.insert(0, sys.argv[1])
import native_extension  # noqa: E402

ITERATIONS, CALLS = int(sys.argv[2]), int(sys.argv[3])
THREADS = 2
NAP = 1_000_000
HAS_GIL = getattr(sys, "_is_gil_enabled", lambda: True)()
WAITING = "waiting_for_lock" if HAS_GIL else "ready"
now = native_extension.now


def together(call):
    """Both threads call until each has made CALLS calls, so that one that a busy machine starts late still meets the other."""
    calls = [[] for _ in range(THREADS)]
    ticks, start = [], threading.Barrier(THREADS + 1)
    done = threading.Event()

    def worker(mine):
        start.wait()
        while min(len(one) for one in calls) < CALLS:
            mine.append(call(ITERATIONS))

    def third():
        start.wait()
        while not done.is_set():
            ticks.append(now())
            time.sleep(NAP / 1e9)
        ticks.append(now())

    threads = [threading.Thread(target=worker, args=(one,)) for one in calls]
    ticker = threading.Thread(target=third)
    ticker.start()
    wall, cpu = now(), time.process_time_ns()
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    wall, cpu = now() - wall, time.process_time_ns() - cpu
    done.set()
    ticker.join()
    return calls, ticks, wall, cpu


def lane(calls, state):
    spans, last = [], None
    for held, start, end, again in calls:
        if last is not None:
            spans.append({"state": WAITING, "start": last, "end": held})
        spans.append({"state": state, "start": start, "end": end})
        # Behind the loop a call that released the GIL takes it again.
        spans.append({"state": WAITING, "start": end, "end": again})
        last = again
    return [span for span in spans if span["start"] < span["end"]]


def lane_of_ticks(ticks):
    spans = []
    for before, after in zip(ticks, ticks[1:]):
        awake = min(before + NAP, after)
        spans.append({"state": "waiting_for_io", "start": before, "end": awake})
        if awake < after:
            spans.append({"state": WAITING, "start": awake, "end": after})
    return spans


traces, measures = [], []


def measure(name, ko, en, unit, samples):
    measures.append({"id": name, "name": {"ko": ko, "en": en}, "unit": unit, "samples": samples})


# The first calls in a process are slower; they are not measured.
alone = [native_extension.count_holding(ITERATIONS) for _ in range(1 + CALLS)][1:]
one_call = sorted(end - start for _, start, end, _ in alone)[len(alone) // 2]
for name, call, state, ko, en in [
    ("holding", native_extension.count_holding, "running", "GIL을 쥠", "holds the GIL"),
    ("releasing", native_extension.count_releasing, "native", "GIL을 해제함", "releases the GIL"),
]:
    calls, ticks, wall, cpu = together(call)
    lanes = [{"name": {"ko": "스레드 %d" % i, "en": "Thread %d" % i}, "spans": lane(one, state)}
             for i, one in enumerate(calls)]
    lanes.append({"name": {"ko": "셋째 스레드", "en": "Third thread"}, "spans": lane_of_ticks(ticks)})
    traces.append({"title": {"ko": ko, "en": en}, "lanes": lanes})
    inside = sum(any(start < tick < end for tick in ticks) for one in calls for _, start, end, _ in one)
    longest = max((b - a for a, b in zip(ticks, ticks[1:])), default=0)
    count = sum(map(len, calls))
    measure("calls." + name, ko + ": 호출", en + ": calls", "count", [count])
    measure("ran." + name, ko + ": 셋째 스레드가 실행된 호출", en + ": calls in which the third thread ran", "count", [inside])
    measure("pause." + name, ko + ": 셋째 스레드의 가장 긴 멈춤", en + ": the third thread's longest pause", "ns", [longest])
    measure("speedup." + name, ko + ": 스레드 둘의 속도", en + ": speed of two threads", "times", [count * one_call / wall])
    measure("cores." + name, ko + ": 사용한 코어", en + ": cores busy", "times", [cpu / wall])
print(json.dumps({"experiment": "native/release", "traces": traces, "measures": measures}))
