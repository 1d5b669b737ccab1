"""Twin of asyncio/src/experiments/fetch/mod.rs: the same GETs with asyncio and with threads. Usage: fetch.py URL CALLS CONCURRENCY TIMEOUT.

asyncio (streams) and threads (http.client) always run; aiohttp and requests run only if they are installed.
Prints one JSON report: the wall time of each, and how many calls of asyncio waited at once.
"""
import asyncio
import http.client
import json
import sys
import threading
import time
from urllib.parse import urlsplit

URL, CALLS, CONCURRENCY, TIMEOUT = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
HOST, PORT = urlsplit(URL).hostname, urlsplit(URL).port
WORKERS = min(CALLS, CONCURRENCY)

# asyncio.run is missing before 3.7.
run = getattr(asyncio, "run", None) or asyncio.get_event_loop().run_until_complete


class Waiting:
    """Counts the calls that wait at once. It is not thread-safe: only asyncio uses it."""

    now = peak = 0

    def __enter__(self):
        self.now += 1
        self.peak = max(self.peak, self.now)

    def __exit__(self, *_):
        self.now -= 1


waiting = Waiting()


async def workers(worker):
    left = iter(range(CALLS))
    done = await asyncio.gather(*[worker(left) for _ in range(WORKERS)])
    return sum(done)


async def stream_worker(left):
    reader, writer = await asyncio.wait_for(asyncio.open_connection(HOST, PORT), TIMEOUT)
    request = "GET / HTTP/1.1\r\nHost: {}:{}\r\n\r\n".format(HOST, PORT).encode()
    done = 0
    for _ in left:
        with waiting:
            writer.write(request)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), TIMEOUT)
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
            await asyncio.wait_for(reader.readexactly(int(fields[b"content-length"])), TIMEOUT)
        done += head.startswith(b"HTTP/1.1 200 ")
    writer.close()
    return done


def with_streams():
    return run(workers(stream_worker))


def with_aiohttp():
    import aiohttp

    async def main():
        limits = aiohttp.TCPConnector(limit=CONCURRENCY)
        async with aiohttp.ClientSession(connector=limits, timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as session:

            async def worker(left):
                done = 0
                for _ in left:
                    async with session.get(URL) as answer:
                        await answer.read()
                        done += answer.status == 200
                return done

            return await workers(worker)

    return run(main())


def on_threads(worker):
    left = iter(range(CALLS))  # next() on it is a single C call, so two threads never get the same number
    done = []
    threads = [threading.Thread(target=lambda: done.append(worker(left))) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done)


def http_client_worker(left):
    connection = http.client.HTTPConnection(HOST, PORT, timeout=TIMEOUT)
    done = 0
    for _ in left:
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        done += answer.status == 200
    connection.close()
    return done


def with_http_client():
    return on_threads(http_client_worker)


def with_requests():
    import requests

    def worker(left):
        done = 0
        with requests.Session() as session:
            session.trust_env = False  # no proxy from the environment
            for _ in left:
                done += session.get(URL, timeout=TIMEOUT).status_code == 200
        return done

    return on_threads(worker)


PROGRAMS = [
    ("asyncio", "asyncio", with_streams),
    ("aiohttp", "asyncio, aiohttp", with_aiohttp),
    ("http.client", "threads, http.client", with_http_client),
    ("requests", "threads, requests", with_requests),
]

measures, notes = [], []
for id, name, program in PROGRAMS:
    if id in ("aiohttp", "requests"):
        try:
            __import__(id)
        except ImportError:
            notes.append({"ko": "%s: 설치되어 있지 않아 측정하지 않음" % id, "en": "%s: not installed, not measured" % id})
            continue
    start = time.monotonic()
    try:
        done = program()
    except Exception as e:  # report its name, and continue with the other programs
        done, why = 0, type(e).__name__
    else:
        why = "%d of %d" % (done, CALLS)
    if done != CALLS:
        notes.append({"ko": "%s: 일부 호출이 실패해 측정하지 않음(%s)" % (name, why), "en": "%s: not measured, some calls failed (%s)" % (name, why)})
        continue
    wall = int((time.monotonic() - start) * 1e9)
    measures.append({"id": "wall." + id, "name": {"ko": name, "en": name}, "unit": "ns", "samples": [wall]})
    if id == "asyncio":
        peak = {"ko": "asyncio, 동시에 기다린 호출의 최대 수", "en": "asyncio, calls waiting at once, peak"}
        measures.append({"id": "peak.asyncio", "name": peak, "unit": "count", "samples": [waiting.peak]})

print(json.dumps({"experiment": "asyncio/fetch", "measures": measures, "notes": notes}))
