"""Twin of threading/src/experiments/pools/mod.rs: the same uneven jobs, divided beforehand and from one queue; then more threads than cores.

Usage: pools.py JOBS WORKERS cpu|io UNIT ROUNDS COUNTS, UNIT in turns or seconds, COUNTS separated by commas. Prints one JSON report.
"""
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

JOBS, WORKERS, WORK, UNIT, ROUNDS = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], float(sys.argv[4]), int(sys.argv[5])
COUNTS = [int(n) for n in sys.argv[6].split(",")]
LONG, MANY, WAIT = 8, 64, 0.01
STATE = "waiting_for_io" if WORK == "io" else "running"


def count(turns):
    total = 0
    for i in range(turns):
        total += i


def work(job, spans):
    start = time.monotonic()
    size = LONG if job < -(-JOBS // 4) else 1
    if WORK == "io":
        time.sleep(UNIT * size)
    else:
        count(int(UNIT) * size)
    spans.append({"state": STATE, "start": int(start * 1e9), "end": int(time.monotonic() * 1e9)})


def parts(lanes):
    """Divided beforehand."""
    def live(me):
        for job in range(me * JOBS // WORKERS, (me + 1) * JOBS // WORKERS):
            work(job, lanes[me])

    running = [threading.Thread(target=live, args=(me,)) for me in range(WORKERS)]
    for t in running:
        t.start()
    for t in running:
        t.join()


def executor(lanes):
    """One queue for all, as the standard library does it."""
    names = {}
    naming = threading.Lock()

    def job_of(job):
        with naming:
            me = names.setdefault(threading.current_thread(), len(names))
        work(job, lanes[me])

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(job_of, range(JOBS)))


def timed(run):
    start = time.monotonic()
    run()
    return (time.monotonic() - start) * 1e9


def crowd(threads, job):
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(job, range(MANY)))


walls, cores, last = {parts: [], executor: []}, [], {}
for _ in range(ROUNDS):
    for technique in (parts, executor):
        lanes = last[technique] = [[] for _ in range(WORKERS)]
        cpu, wall = time.process_time(), timed(lambda: technique(lanes))
        walls[technique].append(wall)
        if technique is executor:
            cores.append((time.process_time() - cpu) * 1e9 / wall)

NAMES = {parts: ("정적 분할", "static partition"), executor: ("ThreadPoolExecutor", "ThreadPoolExecutor")}
measures, traces = [], []


def measure(id, ko, en, unit, samples):
    measures.append({"id": id, "name": {"ko": ko, "en": en}, "unit": unit, "samples": samples})


for technique, (ko, en) in NAMES.items():
    measure("wall." + technique.__name__, ko, en, "ns", walls[technique])
    lanes = [{"name": {"ko": "워커 %d" % i, "en": "Worker %d" % i}, "spans": s} for i, s in enumerate(last[technique])]
    traces.append({"title": {"ko": ko, "en": en}, "lanes": lanes})
measure("cores", "ThreadPoolExecutor가 사용한 코어 수", "cores that ThreadPoolExecutor kept busy", "times", cores)
turns = max(1, int(UNIT)) if WORK == "cpu" else 20000
for n in COUNTS:
    io, cpu = timed(lambda: crowd(n, lambda _: time.sleep(WAIT))), timed(lambda: crowd(n, lambda _: count(turns)))
    measure("io.%d" % n, "스레드 %d개: 기다리는 작업" % n, "jobs that wait, threads: %d" % n, "ns", [io])
    measure("cpu.%d" % n, "스레드 %d개: 계산하는 작업" % n, "jobs that compute, threads: %d" % n, "ns", [cpu])
print(json.dumps({"experiment": "threading/pools", "traces": traces, "measures": measures}))
