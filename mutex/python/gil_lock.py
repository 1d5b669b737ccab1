# -*- coding: utf-8 -*-
"""Twin of mutex/src/gil_lock.rs: check, then act. Usage: gil_lock.py THREADS TRADES. Prints one JSON report."""
import json
import sys
import threading
import time

THREADS, TRADES = int(sys.argv[1]), int(sys.argv[2])
REPEATS = 3
LIMIT = 0.25  # seconds that one repeat may take
CHUNK = 500  # trades between two looks at the clock: a look in every trade would be a call in every trade

sys.setswitchinterval(5e-6)
stock = books = 0
lock = threading.Lock()


# ANCHOR: forms
def check(n):
    return -1 if n > 0 else 1


def straight(trades):
    global stock, books
    below = 0
    for _ in range(trades):
        k = -1 if stock > 0 else 1
        stock += k
        books += k
        if stock < 0:
            below += 1
    return below


def gil_only(trades):
    global stock, books
    below = 0
    for _ in range(trades):
        k = check(stock)  # true when it was asked
        stock += k
        books += k
        if stock < 0:
            below += 1
    return below


def own_lock(trades):
    global stock, books
    below = 0
    for _ in range(trades):
        with lock:
            k = check(stock)
            stock += k
            books += k
            if stock < 0:
                below += 1
    return below
# ANCHOR_END: forms


def per_million(trade):
    global stock, books
    stock, books = 1, 0
    start = threading.Barrier(THREADS)
    made, below = [], []

    def trader():
        start.wait()
        deadline = time.monotonic() + LIMIT
        trades = 0
        while trades < TRADES and time.monotonic() < deadline:
            chunk = min(CHUNK, TRADES - trades)
            below.append(trade(chunk))
            trades += chunk
        made.append(trades)

    threads = [threading.Thread(target=trader, daemon=True) for _ in range(THREADS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return (sum(below) + abs(stock - books - 1)) / sum(made) * 1e6


forms = [("straight", straight, "if stock > 0"), ("gil_only", gil_only, "if check(stock)"), ("own_lock", own_lock, "with lock")]
samples = {id: [] for id, _, _ in forms}
for _ in range(REPEATS):
    for id, trade, _ in forms:
        samples[id].append(per_million(trade))

measures = []
for id, _, code in forms:
    name = {"ko": code + ": 백만 번에 틀린 거래", "en": code + ": wrong trades in a million"}
    measures.append({"id": "wrong." + id, "name": name, "unit": "count", "samples": samples[id]})
print(json.dumps({"experiment": "mutex/gil-is-not-your-lock", "measures": measures}))
