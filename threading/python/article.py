"""Twin of threading/src/article.rs: five threads that wait. Usage: article.py SECONDS. Prints one JSON report."""
import json
import sys
import threading
import time

pause = float(sys.argv[1])
lanes = []


def now():
    return int(time.monotonic() * 1e9)


# ANCHOR: listing
def worker(name):
    start = now()
    time.sleep(pause)
    span = {"state": "waiting_for_io", "start": start, "end": now()}
    lanes.append({"name": {"ko": f"스레드 {name}", "en": f"Thread {name}"}, "spans": [span]})


threads = [threading.Thread(target=worker, args=(i,)) for i in range(5)]
for t in threads:
    t.start()
for t in threads:
    t.join()
# ANCHOR_END: listing

lanes.sort(key=lambda lane: lane["name"]["en"])
title = {"ko": "threading.Thread", "en": "threading.Thread"}
print(json.dumps({"experiment": "threading/article", "traces": [{"title": title, "lanes": lanes}]}))
