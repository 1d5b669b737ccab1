# -*- coding: utf-8 -*-
"""Twin of gil-sim/src/calibrate/python.rs: what one thread of this Python takes, alone, for the few things a scenario is made of.

Usage: calibrate.py GIL_SIM, the program whose `peer` answers. Measures one iteration of `while n > 0: n -= 1`, and, for several delays of
the peer, the time from the return of recv to the next send (gap) and, after sleeps as long, that of a send that wakes nobody. Prints one JSON
report, whose note is the C library that this Python runs with: its locks are made of that library's condition variable.
"""
import json
import os
import socket
import subprocess
import sys
import time

EXE = sys.argv[1]
clock = getattr(time, "perf_counter", time.time)
ITERATIONS = 200000
DELAYS = ((0.00003, 300), (0.0005, 200), (0.001, 150), (0.005, 60), (0.02, 30))  # seconds, rounds

measures = []


def measure(name, ko, en, seconds):
    samples = [s * 1e9 for s in seconds]
    measures.append({"id": name, "name": {"ko": ko, "en": en}, "unit": "ns", "samples": samples})


def iteration():
    n = ITERATIONS
    t = clock()
    while n > 0:
        n -= 1
    return (clock() - t) / ITERATIONS


def talk(delay, rounds):
    mine, peers = socket.socketpair()
    peer = subprocess.Popen([EXE, "peer", "--delay", repr(delay)], stdin=peers, close_fds=True)
    peers.close()
    send, recv, message = mine.send, mine.recv, b"x" * 8
    gaps = []
    received = None
    for _ in range(rounds):
        before = clock()
        if received is not None:
            gaps.append(before - received)
        send(message)
        recv(64)
        received = clock()
    mine.close()
    peer.wait()
    return gaps


def send_alone(delay, rounds):
    mine, other = socket.socketpair()
    send, recv, message = mine.send, other.recv, b"x" * 8
    sends = []
    for _ in range(rounds):
        time.sleep(delay)
        before = clock()
        send(message)
        sends.append(clock() - before)
        recv(64)
    mine.close()
    other.close()
    return sends


def libc():
    """As the library itself says. musl does not; it shows by the file that is mapped."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, OSError, ValueError):
        pass  # Python 2 does not know that name
    try:
        import ctypes
        version = ctypes.CDLL(None).gnu_get_libc_version
        version.restype = ctypes.c_char_p
        return "glibc " + version().decode("ascii")
    except (ImportError, AttributeError, OSError, TypeError):
        pass
    try:
        with open("/proc/self/maps") as maps:
            return "musl" if "/ld-musl-" in maps.read() else None
    except (IOError, OSError):
        return None


measure("iteration", "루프 1회 반복", "one iteration of the loop", [iteration() for _ in range(7)])
for delay, rounds in DELAYS:
    ns = int(delay * 1e9 + 0.5)
    measure("gap.%d" % ns, "recv와 send 사이", "between recv and send", talk(delay, rounds))
    measure("send.%d" % ns, "아무도 깨우지 않는 send 호출", "a call of send that wakes nobody", send_alone(delay, rounds))
found = libc()
notes = [{"ko": found, "en": found}] if found else []
print(json.dumps({"experiment": "gil-sim/calibrate", "measures": measures, "notes": notes}))
