"""The job of `asyncio -- fetch` without its HTTP: twin of asyncio/src/experiments/fetch/workers.rs. Python 3.11 or later.

`with_aiohttp.py`, `with_httpx.py` and `with_streams.py` add the HTTP, each with another library. Usage of all three:
with_X.py --urls LIST --out RESULTS [--concurrency 100] [--timeout 2] [--retries 3] [--backoff 0.1].
Writes one JSON line per call to RESULTS and prints a JSON report, both with the names that the Rust program uses.
"""
import argparse
import asyncio
import json
import random
import time
from collections import Counter

RETRIED = {408, 429, 500, 502, 503, 504}
LONGEST_PAUSE = 30


class Failure(Exception):
    """An attempt that got no complete response, by the name that the Rust program gives it."""

    def __init__(self, name, error=""):
        super().__init__(str(error))
        self.name = name


def urls(path):
    with open(path, encoding="utf-8-sig") as lines:
        for line in map(str.strip, lines):
            if line and not line.startswith("#"):
                yield line


async def call(get, url, plan):
    """One call with its retries. Only GET is sent, so that every request may be repeated."""
    attempts = 0
    while True:
        attempts += 1
        try:
            status, size = await get(url)
            end = {"status": status, "bytes": size} if status < 300 else {"status": status, "error": "status"}
            again = status in RETRIED
        except Failure as failure:
            end = {"error": failure.name, "detail": str(failure)}
            again = failure.name in ("unreachable", "closed", "timed out")
        except Exception as e:  # an error that the client did not expect must not end the other calls
            end, again = {"error": type(e).__name__, "detail": str(e)}, False
        if not again or attempts > plan.retries:
            return {"attempts": attempts, **end}
        longest = min(plan.backoff * 2 ** (attempts - 1), LONGEST_PAUSE)
        await asyncio.sleep(longest * random.random())  # full jitter


async def make_calls(connect, plan):
    calls = enumerate(urls(plan.urls))  # shared by the workers, which run on one thread
    counts = Counter()
    # Line buffered: lines that were written survive if the process is killed.
    with open(plan.out, "w", buffering=1, encoding="utf-8") as out:
        async with connect(plan) as get:

            async def worker():
                for number, url in calls:
                    start = time.monotonic()
                    end = await call(get, url, plan)
                    line = {"call": number, "url": url, "ms": (time.monotonic() - start) * 1e3, **end}
                    out.write(json.dumps(line) + "\n")
                    counts["ended." + end.get("error", "ok").replace(" ", "-")] += 1
                    if "status" in end:
                        counts["status.%d" % end["status"]] += 1
                    counts["retries"] += end["attempts"] - 1

            async with asyncio.TaskGroup() as workers:
                for _ in range(plan.concurrency):
                    workers.create_task(worker())
    return counts


def main(connect):
    options = argparse.ArgumentParser()
    options.add_argument("--urls", required=True)
    options.add_argument("--out", required=True)
    options.add_argument("--concurrency", type=int, default=100)
    options.add_argument("--timeout", type=float, default=2)
    options.add_argument("--retries", type=int, default=3)
    options.add_argument("--backoff", type=float, default=0.1)
    plan = options.parse_args()
    start = time.monotonic()
    counts = asyncio.run(make_calls(connect, plan))
    wall = int((time.monotonic() - start) * 1e9)
    measures = [("wall", "ns", wall)] + [(id, "count", n) for id, n in sorted(counts.items())]
    named = [{"id": id, "name": {"ko": id, "en": id}, "unit": unit, "samples": [n]} for id, unit, n in measures]
    print(json.dumps({"experiment": "asyncio/fetch", "measures": named}))
