"""Twin of threading/src/experiments/fetch/mod.rs: the same GETs in sequence, with a thread for each request, and with a bounded pool.

Usage: fetch.py URL COUNT THREADS TIMEOUT EACH [DELAY], or fetch.py FILE list THREADS TIMEOUT EACH (EACH: 1 or 0). With DELAY, in
seconds, the pool also sleeps that long in the place of each GET. Prints one JSON report with the lanes of the threads. Failures are
named; the time of a failed GET counts as idle.
"""
import io
import json
import socket
import sys
import threading
import time
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

TARGET, COUNT, THREADS, TIMEOUT, EACH = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5] == "1"
DELAY = float(sys.argv[6]) if len(sys.argv) > 6 else None
MOST_FAILURES = 100
opener = build_opener(ProxyHandler({}))

if COUNT == "list":
    with io.open(TARGET, encoding="utf-8-sig") as lines:
        URLS = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
else:
    URLS = [TARGET] * int(COUNT)


def get(url):
    """None, or the name of what went wrong."""
    try:
        with opener.open(url, timeout=TIMEOUT) as answer:
            answer.read()
    except HTTPError as e:
        return "HTTP %d" % e.code
    except URLError as e:
        return str(e.reason)
    except socket.timeout:
        return "timed out"
    except Exception as e:  # whatever else http.client may find wrong with an answer
        return "%s: %s" % (type(e).__name__, e)


def sleep(url):
    time.sleep(DELAY)


def fetch(threads, title, one_each=False, get=get):
    left = iter(URLS)  # next() of it is one bytecode of C: two threads never get the same address
    lanes, failures = [[] for _ in range(threads)], []

    def work(spans):
        for url in left:
            start = time.monotonic()
            reason = get(url)
            state = "idle" if reason else "waiting_for_io"
            spans.append({"state": state, "start": int(start * 1e9), "end": int(time.monotonic() * 1e9)})
            if reason:
                spans.append(dict(spans[-1], state="failed", start=spans[-1]["end"]))
                failures.append((reason, url))
            if one_each or len(failures) >= MOST_FAILURES:
                return

    running = [threading.Thread(target=work, args=(spans,)) for spans in lanes]
    for t in running:
        t.start()
    for t in running:
        t.join()
    named = [{"name": {"ko": "스레드 %d" % n, "en": "Thread %d" % n}, "spans": s} for n, s in enumerate(lanes)]
    spans = [span for lane in lanes for span in lane]
    wall = max(span["end"] for span in spans) - min(span["start"] for span in spans)
    return {"title": title, "lanes": named}, wall, failures


techniques = [("sequence", 1, "순차 실행", "in sequence")]
if DELAY is not None:
    techniques.append(("sleep", min(THREADS, len(URLS)), "요청 대신 sleep", "sleeping in the place of requests"))
if EACH:
    techniques.append(("each", len(URLS), "요청마다 스레드", "a thread per request"))
techniques.append(("threads", min(THREADS, len(URLS)), "스레드 %d개의 풀" % THREADS, "a pool (threads: %d)" % THREADS))
traces, measures, notes = [], [], []
for id, threads, ko, en in techniques:
    trace, wall, failures = fetch(threads, {"ko": ko, "en": en}, id == "each", sleep if id == "sleep" else get)
    traces.append(trace)
    measures.append({"id": "wall." + id, "name": trace["title"], "unit": "ns", "samples": [wall]})
    if failures:
        name = {"ko": ko + ": 실패", "en": en + ": failed"}
        measures.append({"id": "failed." + id, "name": name, "unit": "count", "samples": [len(failures)]})
    for reason in sorted(set(reason for reason, _ in failures)):
        these = [url for r, url in failures if r == reason]
        notes.append({
            "ko": "%s: %s(%d번), 첫 주소 %s" % (ko, reason, len(these), these[0]),
            "en": "%s: %s (×%d), first %s" % (en, reason, len(these), these[0]),
        })
print(json.dumps({"experiment": "threading/fetch", "traces": traces, "measures": measures, "notes": notes}))
