"""Twin of threading/src/experiments/cpu/mod.rs: the counting loop in sequence and in threads. Usage: cpu.py JOBS TURNS ROUNDS.

Prints one JSON report: wall times, and how many cores the threads kept busy.
"""
import json
import sys
import threading
import time

JOBS, TURNS, ROUNDS = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])


def count():
    total = 0
    for i in range(TURNS):
        total += i


def sequence():
    for _ in range(JOBS):
        count()


def threads():
    running = [threading.Thread(target=count) for _ in range(JOBS)]
    for t in running:
        t.start()
    for t in running:
        t.join()


walls = {sequence: [], threads: []}
cores = []
for _ in range(ROUNDS):
    for technique in (sequence, threads):
        wall, cpu = time.monotonic(), time.process_time()
        technique()
        wall, cpu = time.monotonic() - wall, time.process_time() - cpu
        walls[technique].append(wall * 1e9)
        if technique is threads:
            cores.append(cpu / wall)

print(json.dumps({"experiment": "threading/cpu", "measures": [
    {"id": "wall.sequence", "name": {"ko": "순차 실행", "en": "in sequence"}, "unit": "ns", "samples": walls[sequence]},
    {"id": "wall.threads", "name": {"ko": "스레드", "en": "threads"}, "unit": "ns", "samples": walls[threads]},
    {"id": "cores.threads", "name": {"ko": "스레드가 사용한 코어 수(평균)", "en": "cores that the threads kept busy"},
     "unit": "times", "samples": cores},
]}))
