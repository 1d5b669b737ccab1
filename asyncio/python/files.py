"""Twin of asyncio/src/experiments/files/mod.rs: a coroutine reads a file whose bytes come late, by itself and by a pool of threads.

Usage: files.py DELAY PERIOD BEFORE FILES SIZE. Prints one JSON report: the longest time in which the other task did not wake up, and
how long many small files took. The default executor is what asyncio.to_thread uses, too, since 3.9.
"""
import asyncio
import json
import os
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

DELAY, PERIOD, BEFORE = float(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
FILES, SIZE = int(sys.argv[4]), int(sys.argv[5])
CONTENT = b"late"

# asyncio.run and get_running_loop came with 3.7.
run = getattr(asyncio, "run", None) or asyncio.get_event_loop().run_until_complete
running_loop = getattr(asyncio, "get_running_loop", None) or asyncio.get_event_loop


def now():
    return int(time.monotonic() * 1e9)


def read(path):
    with open(path, "rb") as file:
        return file.read()


async def by_open(path):
    return read(path)


async def by_executor(path):
    return await running_loop().run_in_executor(None, read, path)


class SlowFile:
    """A pipe, by the name that the system gives an open file; its bytes come later."""

    def __enter__(self):
        self.reader, writer = os.pipe()

        def write():
            time.sleep(DELAY)
            os.write(writer, CONTENT)
            os.close(writer)

        self.writing = threading.Thread(target=write)
        self.writing.start()
        return "/dev/fd/%d" % self.reader

    def __exit__(self, *_):
        self.writing.join()
        os.close(self.reader)


async def ticker(stop, lane, ticks):
    while not stop:
        start = now()
        due = start + int(PERIOD * 1e9)
        await asyncio.sleep(PERIOD)
        end = now()
        lane.append({"state": "waiting_for_io", "start": start, "end": min(due, end)})
        lane.append({"state": "ready", "start": min(due, end), "end": end})
        ticks.append(end)


async def watch(way):
    stop, ticks, lane = [], [], []
    other = asyncio.ensure_future(ticker(stop, lane, ticks))
    await asyncio.sleep(BEFORE)
    with SlowFile() as path:
        start = now()
        content = await way(path)
        end = now()
    assert content == CONTENT
    await asyncio.sleep(BEFORE)
    stop.append(True)
    await other
    return start, end, ticks, lane


async def read_all(way, paths):
    running_loop().set_default_executor(ThreadPoolExecutor())
    before, start = threading.active_count(), now()
    contents = await asyncio.gather(*[way(path) for path in paths])
    took, started = now() - start, threading.active_count() - before
    assert sum(map(len, contents)) == FILES * SIZE
    return took, started


def measure(id, unit, value, ko, en):
    return {"id": id, "unit": unit, "samples": [value], "name": {"ko": ko, "en": en}}


def main():
    measures, traces = [], []
    ways = [("open", "open().read()", by_open), ("executor", "run_in_executor", by_executor)]
    for id, name, way in ways if os.path.exists("/dev/fd") else []:
        start, end, ticks, lane = run(watch(way))
        gap = max(b - a for a, b in zip(ticks, ticks[1:]))
        during = sum(start < tick < end for tick in ticks)
        measures += [measure("gap." + id, "ns", gap, name + ": 다른 태스크가 깨어나지 못한 가장 긴 시간", name + ": longest time without a tick"),
                     measure("ticks." + id, "count", during, name + ": 읽는 동안 깨어난 횟수", name + ": ticks while it read"),
                     measure("reading." + id, "ns", end - start, name + ": 읽은 시간", name + ": the reading took")]
        drawn = [{"name": {"ko": "읽기", "en": "reads"}, "spans": [{"state": "waiting_for_io", "start": start, "end": end}]}]
        drawn.append({"name": {"ko": "다른 태스크", "en": "the other"}, "spans": lane})
        traces.append({"title": {"ko": name, "en": name}, "lanes": drawn})
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, str(n)) for n in range(FILES)]
        for path in paths:
            with open(path, "wb") as file:
                file.write(b"x" * SIZE)
        for id, name, way in ways:
            took, started = run(read_all(way, paths))
            measures += [measure("many." + id, "ns", took, "작은 파일들, " + name, "small files, " + name),
                         measure("threads." + id, "count", started, "작은 파일들, " + name + ": 새로 생긴 스레드",
                                 "small files, " + name + ": threads started")]
    print(json.dumps({"experiment": "asyncio/files", "traces": traces, "measures": measures}))


if __name__ == "__main__":
    main()
