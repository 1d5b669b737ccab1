"""Twin of multiprocessing/src/experiments/pool.rs: the five tasks on a multiprocessing.Pool. Usage: pool.py WORKERS ITERATIONS.
Prints one JSON report."""
import json
import multiprocessing as mp
import os
import sys
import time

TASKS = 5
CHUNK = 10_000
INTERRUPTED = 3_000_000


def now():
    return int(time.monotonic() * 1e9)  # monotonic_ns came with 3.7


def count(iterations):
    """The sum, who did it, and when it was on a core: a chunk that took far too long was interrupted."""
    total, spans, start = 0, [], now()
    for first in range(0, iterations, CHUNK):
        for i in range(first, min(iterations, first + CHUNK)):
            total += i
        end = now()
        if end - start <= INTERRUPTED:
            if spans and spans[-1][1] == start:
                spans[-1][1] = end
            else:
                spans.append([start, end])
        start = end
    return total, os.getpid(), spans


def main():
    workers, iterations = int(sys.argv[1]), int(sys.argv[2])
    start = now()
    with mp.Pool(workers) as pool:
        done = pool.map(count, [iterations] * TASKS, chunksize=1)
        wall = now() - start
    assert all(total == iterations * (iterations - 1) // 2 for total, _, _ in done)
    lanes = {}
    for _, pid, spans in done:
        lanes.setdefault(pid, []).extend(spans)
    trace = {
        "title": {"ko": "multiprocessing.Pool", "en": "multiprocessing.Pool"},
        "lanes": [
            {
                "name": {"ko": f"워커 {n}", "en": f"Worker {n}"},
                "spans": [{"state": "running", "start": a, "end": b} for a, b in sorted(spans)],
            }
            for n, (_, spans) in enumerate(sorted(lanes.items()))
        ],
    }
    name = {"ko": "multiprocessing.Pool: 시작부터 결과까지", "en": "multiprocessing.Pool: from its start to the results"}
    measure = {"id": "wall.pool", "name": name, "unit": "ns", "samples": [wall]}
    print(json.dumps({"experiment": "multiprocessing/pool", "traces": [trace], "measures": [measure], "notes": [start_method()]}))


def start_method():
    """How the processes of this run are started: a note for the reader."""
    method = mp.get_start_method()
    return {"ko": "프로세스의 시작 방식: " + method, "en": "start method of the processes: " + method}


if __name__ == "__main__":
    main()
