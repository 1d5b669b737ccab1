"""Twin of threading/src/fetch.rs: the same GETs in sequence and with threads. Usage: fetch.py URL REQUESTS THREADS.

Prints one JSON report with the lanes of the threads.
"""
import json
import sys
import threading
import time
from urllib.request import ProxyHandler, build_opener

URL, REQUESTS, THREADS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def get_all(threads, title):
    opener = build_opener(ProxyHandler({}))
    left = iter(range(REQUESTS))  # next() of it is one bytecode of C: two threads never get the same number
    lanes = []

    def work(name):
        spans = []
        for _ in left:
            start = time.monotonic()
            with opener.open(URL, timeout=30) as answer:
                answer.read()
            spans.append({"state": "waiting_for_io", "start": int(start * 1e9), "end": int(time.monotonic() * 1e9)})
        lanes.append((name, spans))

    running = [threading.Thread(target=work, args=(i,)) for i in range(min(threads, REQUESTS))]
    for t in running:
        t.start()
    for t in running:
        t.join()
    if sum(len(spans) for _, spans in lanes) != REQUESTS:
        sys.exit("some requests failed")
    named = [{"name": {"ko": "스레드 %d" % n, "en": "Thread %d" % n}, "spans": spans} for n, spans in sorted(lanes)]
    ends = [span["end"] for _, spans in lanes for span in spans]
    starts = [span["start"] for _, spans in lanes for span in spans]
    return {"title": title, "lanes": named}, max(ends) - min(starts)


sequence, slow = get_all(1, {"ko": "차례로", "en": "in sequence"})
threads, fast = get_all(THREADS, {"ko": "스레드", "en": "threads"})
print(json.dumps({"experiment": "threading/fetch", "traces": [sequence, threads], "measures": [
    {"id": "wall.sequence", "name": sequence["title"], "unit": "ns", "samples": [slow]},
    {"id": "wall.threads", "name": threads["title"], "unit": "ns", "samples": [fast]},
]}))
