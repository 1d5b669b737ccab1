# -*- coding: utf-8 -*-
"""Twin of threading/src/experiments/cpu/mod.rs: the counting loop in sequence and in threads. Usage: cpu.py JOBS TURNS ROUNDS.

Prints one JSON report: wall times, and how many cores the threads kept busy. Runs on Python 2.7 as well, for Jython.
"""
from __future__ import division, print_function

import json
import os
import sys
import threading
import time

try:  # Jython: CPU time of the process would be that of the JVM's compiler and collector, too
    from java.lang.management import ManagementFactory
    thread_cpu_ns = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime
except ImportError:
    thread_cpu_ns = None

JOBS, TURNS, ROUNDS = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

clock = getattr(time, "monotonic", time.time)
numbers = range if sys.version_info[0] > 2 else xrange  # noqa: F821
spent = []  # by the threads of Jython, in seconds


def process_cpu():
    if hasattr(time, "process_time"):
        return time.process_time()
    return sum(spent) if thread_cpu_ns else sum(os.times()[:2])


def count():
    start = thread_cpu_ns() if thread_cpu_ns else 0
    total = 0
    for i in numbers(TURNS):
        total += i
    if thread_cpu_ns:
        spent.append((thread_cpu_ns() - start) / 1e9)


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
        wall, cpu = clock(), process_cpu()
        technique()
        wall, cpu = clock() - wall, process_cpu() - cpu
        walls[technique].append(wall * 1e9)
        if technique is threads:
            cores.append(cpu / wall)

print(json.dumps({"experiment": "threading/cpu", "measures": [
    {"id": "wall.sequence", "name": {"ko": "순차 실행", "en": "in sequence"}, "unit": "ns", "samples": walls[sequence]},
    {"id": "wall.threads", "name": {"ko": "스레드", "en": "threads"}, "unit": "ns", "samples": walls[threads]},
    {"id": "cores.threads", "name": {"ko": "스레드가 사용한 코어 수(평균)", "en": "cores that the threads kept busy"},
     "unit": "times", "samples": cores},
]}))
