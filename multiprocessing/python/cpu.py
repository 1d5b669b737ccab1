"""Twin of multiprocessing/src/experiments/cpu/mod.rs: the same work in sequence, in threads and in processes.

Usage: cpu.py WORKERS ITERATIONS ROUNDS. Prints one JSON report.
"""
import json
import multiprocessing as mp
import queue
import sys
import threading
import time

CHUNK = 5000


def count(n, iterations, told):
    """Counts, looking at the clock after every chunk."""
    total = 0
    looks = [time.monotonic()]
    for start in range(0, iterations, CHUNK):
        for i in range(start, min(start + CHUNK, iterations)):
            total += i
        looks.append(time.monotonic())
    told.put((n, total, looks))


def running(looks):
    """The spans in which it computed. A chunk that took far longer than the others waited: for the GIL, or for a core."""
    chunks = sorted(b - a for a, b in zip(looks, looks[1:]))
    usual = chunks[len(chunks) // 4]
    spans = []
    for a, b in zip(looks, looks[1:]):
        start, end = int(a * 1e9), int(b * 1e9)
        if b - a > 3 * usual:
            continue
        if spans and spans[-1]["end"] == start:
            spans[-1]["end"] = end
        else:
            spans.append({"state": "running", "start": start, "end": end})
    return spans


def sequence(workers, iterations):
    told = queue.Queue()
    for n in range(workers):
        count(n, iterations, told)
    return [told.get() for _ in range(workers)]


def start_all(kind, told, workers, iterations):
    started = [kind(target=count, args=(n, iterations, told)) for n in range(workers)]
    for one in started:
        one.start()
    said = [told.get() for _ in started]  # before join(): a full pipe would keep a process from ending
    for one in started:
        one.join()
    return sorted(said)


def threads(workers, iterations):
    return start_all(threading.Thread, queue.Queue(), workers, iterations)


def processes(workers, iterations):
    return start_all(mp.Process, mp.SimpleQueue(), workers, iterations)


def measure(id, ko, en, samples):
    return {"id": id, "name": {"ko": ko, "en": en}, "unit": "ns", "samples": samples}


def main(workers, iterations, rounds):
    ways = [
        ("sequence", "순차 실행", "in sequence", "작업", "Task", sequence),
        ("threads", "threading.Thread", "threading.Thread", "스레드", "Thread", threads),
        ("processes", "multiprocessing.Process", "multiprocessing.Process", "프로세스", "Process", processes),
    ]
    rows = [[] for _ in ways]
    for _ in range(rounds):
        for row, way in zip(rows, ways):
            start = time.monotonic()
            said = way[-1](workers, iterations)
            row.append(((time.monotonic() - start) * 1e9, said))
            assert all(total == iterations * (iterations - 1) // 2 for _, total, _ in said)
    traces, measures = [], []
    for row, (id, ko, en, who_ko, who_en, _) in zip(rows, ways):
        measures.append(measure("wall." + id, ko + ": 걸린 시간", en + ": wall time", [wall for wall, _ in row]))
        lanes = [
            {"name": {"ko": f"{who_ko} {n}", "en": f"{who_en} {n}"}, "spans": running(looks)}
            for n, _, looks in min(row)[1]
        ]
        traces.append({"title": {"ko": ko, "en": en}, "lanes": lanes})
    print(json.dumps({"experiment": "multiprocessing/cpu", "traces": traces, "measures": measures, "notes": [start_method()]}))


def start_method():
    """How the processes of this run are started: a note for the reader."""
    method = mp.get_start_method()
    return {"ko": "프로세스의 시작 방식: " + method, "en": "start method of the processes: " + method}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
