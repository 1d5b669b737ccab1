# -*- coding: utf-8 -*-
"""Twin of mutex/src/experiments/check_then_act/mod.rs: check, then act. Usage: gil_lock.py THREADS TRADES. Prints one JSON report."""
import json
import sys
import threading
import time

THREADS, TRADES = int(sys.argv[1]), int(sys.argv[2])
REPEATS = 3
LIMIT = 0.25  # seconds that one repeat may take
CHUNK = 20  # trades between two looks at the clock: a look in every trade would be a call in every trade

stock = books = 0
lock = threading.Lock()


# ANCHOR: forms
def check(n):
    time.sleep(2e-5)  # asks the warehouse: waits, and lets go of the GIL
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
        k = check(stock)  # was so when it was asked
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


def share_wrong(trade, most):
    global stock, books
    stock, books = 1, 0
    start = threading.Barrier(THREADS)
    made, below = [], []

    def trader():
        start.wait()
        deadline = time.monotonic() + LIMIT
        trades = 0
        while trades < most and time.monotonic() < deadline:
            chunk = min(max(CHUNK, most // 100), most - trades)
            below.append(trade(chunk))
            trades += chunk
        made.append(trades)

    threads = [threading.Thread(target=trader, daemon=True) for _ in range(THREADS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return (sum(below) + abs(stock - books - 1)) / sum(made)


# What does not wait is over in no time: it trades more often.
forms = [
    ("straight", straight, "if stock > 0", TRADES * 500),
    ("gil_only", gil_only, "if check(stock)", TRADES),
    ("own_lock", own_lock, "with lock", TRADES),
]
samples = {id: [] for id, _, _, _ in forms}
for _ in range(REPEATS):
    for id, trade, _, most in forms:
        samples[id].append(share_wrong(trade, most))

measures = []
for id, _, code, _ in forms:
    name = {"ko": code + ": 잘못된 거래", "en": code + ": trades that went wrong"}
    measures.append({"id": "wrong." + id, "name": name, "unit": "share", "samples": samples[id]})
print(json.dumps({"experiment": "mutex/check-then-act", "measures": measures}))
