# -*- coding: utf-8 -*-
"""Twin of gil-sim/src/run_on_cpython.rs: plays a scenario on this Python, with real threads and a real peer process.

Usage: run_on_cpython.py GIL_SIM SCENARIO, where SCENARIO is JSON: interval (seconds; ticks for Python 2), seconds, transport
("socketpair" or "udp"), and groups of threads with their steps. Prints one JSON report: per group the rounds per second and how long
each round took, how often a computing thread found itself paused, and how long all of it lasted; and a table of the threads' native ids in
the order of the groups, by which a profiler names them.
"""
import json
import os
import socket
import subprocess
import sys
import threading
import time
import zlib

EXE, PLAN = sys.argv[1], json.loads(sys.argv[2])
clock = getattr(time, "perf_counter", time.time)
CHUNK = 2000  # iterations between two looks at the clock, some 50 us
PAUSE = 0.0003  # seconds: a chunk that took so much longer was interrupted
MOST = 20000  # latencies that are kept of a group

stop = threading.Event()
noise = os.urandom(1 << 20)
locks = [threading.Lock() for _ in range(64)]


def compute(iterations, state):
    last = clock()
    while iterations != 0 and not stop.is_set():
        n = CHUNK if iterations < 0 else min(iterations, CHUNK)
        iterations -= n if iterations > 0 else 0
        while n > 0:
            n -= 1
        now = clock()
        if now - last > state["chunk"] + PAUSE:
            state["pauses"] += 1
        last = now


def peer_of(delay):
    if PLAN["transport"] == "udp":
        mine = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        mine.bind(("127.0.0.1", 0))
        port = mine.getsockname()[1]
        args = [EXE, "peer", "--delay", repr(delay), "--port", str(port)]
        peer = subprocess.Popen(args, stdin=subprocess.PIPE, close_fds=True)
        _, address = mine.recvfrom(64)
        mine.connect(address)
        return mine, peer
    mine, peers = socket.socketpair()
    peer = subprocess.Popen([EXE, "peer", "--delay", repr(delay)], stdin=peers, close_fds=True)
    peers.close()
    return mine, peer


def step_of(verb, amount, state):
    """What a step of a script is, as a function without arguments."""
    if verb == "run":
        return lambda: compute(amount, state)
    if verb == "wait":
        return lambda: time.sleep(amount)
    if verb == "native":
        # zlib lets the GIL go while it compresses.
        data = noise * max(1, int(amount / RATE["native"] / len(noise)))
        data = data[: max(1, int(amount / RATE["native"]))]
        return lambda: zlib.compress(data, 1)
    if verb == "native-held":
        # A loop in C that keeps it.
        n = max(1, int(amount / RATE["native-held"]))
        return lambda: sum(numbers(n))
    if verb == "echo":
        mine, peer = peer_of(amount)
        state["peers"].append((mine, peer))
        send, recv, message = mine.send, mine.recv, b"x" * 8

        def echo():
            send(message)
            recv(64)

        return echo
    return locks[amount].acquire if verb == "lock" else locks[amount].release


def numbers(n):
    return xrange(n) if sys.version_info[0] == 2 else range(n)  # noqa: F821


def seconds_of(work):
    best = None
    for _ in range(3):
        t = clock()
        work()
        t = clock() - t
        best = t if best is None else min(best, t)
    return best


def live(group, state):
    steps = [step_of(verb, amount, state) for verb, amount in group["steps"]]
    times, took, append = group["times"], state["took"], state["took"].append
    only = steps[0] if len(steps) == 1 else None
    if hasattr(threading, "get_native_id"):  # 3.8
        state["id"] = threading.get_native_id()
    state["ready"].set()
    go.wait()
    last = state["start"] = clock()
    while times is None or times > 0:
        if only:
            only()
        else:
            for step in steps:
                step()
        now = clock()
        append(now - last)
        last = now
        if times is not None:
            times -= 1
        if stop.is_set():
            break
    state["end"] = clock()


RATE = {}
verbs = set(verb for group in PLAN["groups"] for verb, _ in group["steps"])
if "native" in verbs:
    RATE["native"] = seconds_of(lambda: zlib.compress(noise, 1)) / len(noise)
if "native-held" in verbs:
    RATE["native-held"] = seconds_of(lambda: sum(numbers(1000000))) / 1000000.0


def count(n):
    while n > 0:
        n -= 1


chunk = seconds_of(lambda: count(CHUNK))

go = threading.Event()
threads, states = [], []
for number, group in enumerate(PLAN["groups"]):
    for _ in range(group["count"]):
        state = {"group": number, "took": [], "pauses": 0, "peers": [], "chunk": chunk, "ready": threading.Event()}
        thread = threading.Thread(target=live, args=(group, state))
        thread.daemon = True
        thread.start()
        state["ready"].wait()
        threads.append(thread)
        states.append(state)

if sys.version_info[0] == 2:
    sys.setcheckinterval(int(PLAN["interval"]))
else:
    sys.setswitchinterval(PLAN["interval"])
finite = [t for t, s in zip(threads, states) if PLAN["groups"][s["group"]]["times"] is not None]
start = clock()
deadline = start + PLAN["seconds"]
go.set()
if finite:
    for thread in finite:
        thread.join(max(0.0, deadline - clock()))
else:
    time.sleep(PLAN["seconds"])
stop.set()
for thread in threads:
    thread.join(10)
for state in states:
    for mine, peer in state["peers"]:
        mine.close()
        if peer.stdin:
            peer.stdin.close()
        peer.wait()

measures = []


def measure(name, ko, en, unit, samples):
    if samples:
        measures.append({"id": name, "name": {"ko": ko, "en": en}, "unit": unit, "samples": samples})


for number in range(len(PLAN["groups"])):
    mine = [s for s in states if s["group"] == number]
    rate = sum(float(len(s["took"])) / max(s["end"] - s["start"], 1e-9) for s in mine if "end" in s)
    took = [t * 1e9 for s in mine for t in s["took"]]
    every = max(1, len(took) // MOST)
    measure("rate.%d" % number, "초당 횟수", "rounds a second", "count", [rate])
    measure("latency.%d" % number, "1회에 걸린 시간", "time of a round", "ns", took[::every])
ends = [s["end"] for s in states if "end" in s]
if len(ends) == len(states):
    measure("wall", "전체 시간", "total time", "ns", [(max(ends) - start) * 1e9])
measure("pauses", "멈춘 횟수", "pauses", "count", [float(sum(s["pauses"] for s in states))])
rows = [[{"ko": str(s["id"]), "en": str(s["id"])}] for s in states if "id" in s]
table = {"title": {"ko": "native_id", "en": "native_id"}, "head": [{"ko": "native_id", "en": "native_id"}], "rows": rows}
print(json.dumps({"experiment": "gil-sim/run-on-cpython", "measures": measures, "tables": [table]}))
