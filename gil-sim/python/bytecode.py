# -*- coding: utf-8 -*-
"""Twin of gil-sim/src/experiments/bytecode/mod.rs: what the real interpreter makes of the same two loops, and where it can be interrupted.

Usage: bytecode.py THREADS ITERATIONS INTERVAL. Runs on Python 2.7 too, where INTERVAL means nothing: there the lock goes every 100
ticks. Prints one JSON report.
"""
from __future__ import division, print_function

import dis
import json
import signal
import sys
import threading
import time

THREADS, ITERATIONS, INTERVAL = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
REPEATS = 3
LIMIT = 0.25  # seconds that one repeat may take, and that interrupts are counted for
CHUNK = 1000  # iterations between two looks at the clock

counter = 0


# ANCHOR: programs
def plain(n):
    global counter
    for _ in range(n):
        counter += 1


def one():
    return 1


def call(n):
    global counter
    for _ in range(n):
        counter += one()
# ANCHOR_END: programs


def share_lost(add):
    global counter
    counter = 0
    start = threading.Event()
    made = []

    def worker():
        start.wait()
        deadline = time.time() + LIMIT
        iterations = 0
        while iterations < ITERATIONS and time.time() < deadline:
            chunk = min(CHUNK, ITERATIONS - iterations)
            add(chunk)
            iterations += chunk
        made.append(iterations)

    threads = [threading.Thread(target=worker) for _ in range(THREADS)]
    for t in threads:
        t.daemon = True  # if one cannot be started, the others must not keep the program alive
        t.start()
    start.set()
    for t in threads:
        t.join()
    return (sum(made) - counter) / sum(made)


def instructions(function):
    """Offset and name of every instruction, as dis lists them."""
    if hasattr(dis, "get_instructions"):
        return [(i.offset, i.opname) for i in dis.get_instructions(function)]
    code, offset, found = bytearray(function.__code__.co_code), 0, []
    while offset < len(code):
        found.append((offset, dis.opname[code[offset]]))
        offset += 3 if code[offset] >= dis.HAVE_ARGUMENT else 1
    return found


def interrupts(function):
    """Where a signal finds the function and those it calls: (name, offset of the last instruction) -> times.

    The interpreter runs a signal's handler, in the main thread, where it would also hand over the GIL: at its eval breaker.
    """
    seen = {}

    def handler(_, frame):
        where = (frame.f_code.co_name, frame.f_lasti)
        seen[where] = seen.get(where, 0) + 1

    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.00005, 0.00005)
    end = time.time() + LIMIT
    while time.time() < end:
        function(CHUNK)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return seen


def same(word):
    return {"ko": str(word), "en": str(word)}


def listing():
    rows = []
    can = hasattr(signal, "setitimer")  # not on Windows
    seen_in_plain = interrupts(plain) if can else {}
    seen_in_call = interrupts(call) if can else {}
    for function, seen in [(plain, seen_in_plain), (call, seen_in_call), (one, seen_in_call)]:
        name = function.__name__
        # -1: the function is about to begin, and has no instruction for that (up to 3.10)
        for offset, opname in [(-1, "")] + instructions(function):
            times = seen.get((name, offset), 0) if can else ""
            rows.append([same(name), same(opname), same(times)])
    head = [same("function"), same("dis"), same("interrupts")]
    return {"title": same("bytecode"), "head": head, "rows": rows}


if hasattr(sys, "setswitchinterval"):
    sys.setswitchinterval(INTERVAL)
forms = [("plain", plain, "counter += 1"), ("call", call, "counter += one()")]
samples = {"plain": [], "call": []}
for _ in range(REPEATS):
    for name, add, _ in forms:
        samples[name].append(share_lost(add))

measures = []
for name, _, code in forms:
    title = {"ko": code + u": 유실된 갱신", "en": code + ": lost updates"}
    measures.append({"id": "lost_share." + name, "name": title, "unit": "share", "samples": samples[name]})
print(json.dumps({"experiment": "gil-sim/bytecode", "measures": measures, "tables": [listing()]}))
