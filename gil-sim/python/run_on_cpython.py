# -*- coding: utf-8 -*-
"""Twin of gil-sim/src/run_on_cpython.rs: plays a scenario on this Python, with real threads and a real peer process.

Usage: run_on_cpython.py GIL_SIM SCENARIO, where SCENARIO is JSON: interval (seconds; ticks for Python 2), seconds, transport
("socketpair" or "udp"), groups of threads with their steps, and with "lanes" how many seconds of each thread are wanted as lanes. Prints one
JSON report: per group the rounds per second and how long each round took, how often a computing thread found itself paused, and how long all
of it lasted; and a table of the threads' native ids in the order of the groups, by which a profiler names them. The lanes are what the threads
see themselves: a chunk of computing that took too long is one in which somebody else had the GIL, or the core.
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

LANES = PLAN.get("lanes") or 0.0
MOST_SPANS = 2000  # of a thread
STATES = {"wait": "waiting_for_io", "native": "native", "native-held": "running", "echo": "waiting_for_io", "lock": "waiting_for_lock"}

stop = threading.Event()
noise = os.urandom(1 << 20)
locks = [threading.Lock() for _ in range(64)]


def mark(state, name, begin, end):
    """From begin to end the thread was in this state."""
    if begin < state.get("start", end) + LANES and len(state["spans"]) < MOST_SPANS:
        state["spans"].append((name, begin, end))


def compute(iterations, state):
    last = since = clock()
    while iterations != 0 and not stop.is_set():
        n = CHUNK if iterations < 0 else min(iterations, CHUNK)
        iterations -= n if iterations > 0 else 0
        while n > 0:
            n -= 1
        now = clock()
        if now - last > state["chunk"] + PAUSE:
            state["pauses"] += 1
            if LANES:
                mark(state, "running", since, last)
                mark(state, "waiting_for_lock", last, now)
                since = now
        last = now
    if LANES:
        mark(state, "running", since, last)


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


def seen(verb, work, state):
    """The same step, which is marked in the thread's lane."""

    def step():
        begin = clock()
        work()
        mark(state, STATES[verb], begin, clock())

    return step if LANES and verb in STATES else work


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
    steps = [seen(verb, step_of(verb, amount, state), state) for verb, amount in group["steps"]]
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
        state = {"group": number, "took": [], "pauses": 0, "peers": [], "spans": [], "chunk": chunk, "ready": threading.Event()}
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


def ns(seconds):
    return max(0, int((seconds - start) * 1e9))


def lane(number, state):
    spans = [{"state": name, "start": ns(begin), "end": ns(end)} for name, begin, end in state["spans"] if ns(begin) < ns(end)]
    return {"name": {"ko": str(number), "en": str(number)}, "spans": spans}


lanes = [lane(number, state) for number, state in enumerate(states)]
title = {"ko": "스레드가 직접 본 것", "en": "what the threads saw"}
traces = [{"title": title, "lanes": lanes}] if LANES else []
print(json.dumps({"experiment": "gil-sim/run-on-cpython", "traces": traces, "measures": measures, "tables": [table]}))
