"""Twin of compare/src/experiments/table/cell.rs: one cell of the table on CPython, in a process of its own.

Usage: table.py WORKLOAD TECHNIQUE HOST:PORT WAITING GETS JOBS ITERATIONS COPIES FOLDER.
Prints one JSON report: wall time, operations per second, memory of a unit, busy cores; its lines are the checks of the units.
"""
import asyncio
import hashlib
import io
import json
import multiprocessing
import os
import socket
import sys
import threading
import time

GETS_IN_SEQUENCE = 10
REQUEST = b"GET / HTTP/1.1\r\nHost: loopback\r\n\r\n"


def get(server, gets):
    with socket.create_connection(server, timeout=30) as connection:
        answer = connection.makefile("rb")
        for _ in range(gets):
            connection.sendall(REQUEST)
            status, length = answer.readline(), 0
            if b" 200 " not in status:
                raise OSError(status)
            for header in iter(answer.readline, b"\r\n"):
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            answer.read(length)
    return 1


async def get_async(server, gets):
    answer, request = await asyncio.open_connection(*server)
    for _ in range(gets):
        request.write(REQUEST)
        status, length = await answer.readline(), 0
        if b" 200 " not in status:
            raise OSError(status)
        while True:
            header = await answer.readline()
            if header == b"\r\n":
                break
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
        await answer.readexactly(length)
    request.close()
    return 1


def count(iterations):
    total = 0
    for i in range(iterations):
        total += i
    return total


def process_picture(path):
    from PIL import Image, ImageFilter

    picture = Image.open(path).convert("RGB").filter(ImageFilter.GaussianBlur(2))
    small = picture.resize(((picture.width + 1) // 2, (picture.height + 1) // 2), Image.BILINEAR)
    encoded = io.BytesIO()
    small.save(encoded, "JPEG", quality=85)
    return int(hashlib.sha256(encoded.getvalue()).hexdigest()[:15], 16)


def status_bytes(path, *keys):
    """The sum of these lines of a file in /proc, or None where there is none."""
    try:
        with open(path) as file:
            return sum(int(line.split()[1]) * 1024 for line in file if line.split(":")[0] in keys)
    except OSError:
        return None


def sequence(work, n):
    return [work(i) for i in range(n)]


def threads(work, n):
    checks = [None] * n

    def unit(i):
        checks[i] = work(i)

    running = [threading.Thread(target=unit, args=(i,)) for i in range(n)]
    for t in running:
        t.start()
    for t in running:
        t.join()
    return checks


def tasks(work, n):
    async def unit(i):
        done = work(i)
        return (await done) if asyncio.iscoroutine(done) else done

    async def main():
        return await asyncio.gather(*[unit(i) for i in range(n)])

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(main())
    finally:
        loop.close()


def unit_in_process(work, i, said):
    check = work(i)
    private = status_bytes("/proc/self/smaps_rollup", "Private_Dirty")
    said.put((i, check, private or 0, time.process_time()))


def processes(work, n):
    said = multiprocessing.SimpleQueue()
    running = [multiprocessing.Process(target=unit_in_process, args=(work, i, said)) for i in range(n)]
    for p in running:
        p.start()
    children = []
    while len(children) < n:
        # A process that died says nothing: do not wait for it for ever.
        if said.empty() and not any(p.is_alive() for p in running) and said.empty():
            sys.exit("a process died")
        if said.empty():
            time.sleep(0.001)
        else:
            children.append(said.get())
    for p in running:
        p.join()
    return sorted(children)


class Work:
    """A unit of the chosen work; a class, so that it can be sent to a process that was not forked."""

    def __init__(self, workload, technique, server, gets, iterations, pictures):
        self.workload, self.technique, self.server = workload, technique, server
        self.gets, self.iterations, self.pictures = gets, iterations, pictures

    def __call__(self, i):
        if self.workload == "io":
            return (get_async if self.technique == "asyncio" else get)(self.server, self.gets)
        if self.workload == "cpu":
            return count(self.iterations)
        return process_picture(self.pictures[i % len(self.pictures)])


def main():
    workload, technique, server = sys.argv[1:4]
    waiting, gets, jobs, iterations, copies = map(int, sys.argv[4:9])
    folder = sys.argv[9]
    if workload == "images":
        try:
            import PIL.Image  # noqa: F401, before the clock is started
        except ImportError:
            sys.exit("no Pillow (pip install pillow)")
    host, port = server.rsplit(":", 1)
    pictures = sorted(os.path.join(folder, f) for f in os.listdir(folder) if f.endswith((".png", ".jpg")))
    if technique == "sequence":
        waiting, gets = 1, GETS_IN_SEQUENCE
    n = {"io": waiting, "cpu": jobs, "images": len(pictures) * copies}[workload]
    operations = {"io": n * gets, "cpu": n * iterations, "images": n}[workload]
    work = Work(workload, technique, (host, int(port)), gets, iterations, pictures)
    run = {"sequence": sequence, "threads": threads, "asyncio": tasks, "processes": processes}[technique]

    before = status_bytes("/proc/self/status", "VmRSS")
    wall, cpu = time.monotonic(), time.process_time()
    done = run(work, n)
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    peak = status_bytes("/proc/self/status", "VmHWM")

    memory = None if before is None or peak is None else (peak - before) / n
    if technique == "processes":
        memory = sum(child[2] for child in done) / n
        cpu += sum(child[3] for child in done)
        done = [child[1] for child in done]
    if None in done:
        sys.exit("a unit failed")
    measures = [("wall", "ns", wall * 1e9), ("rate", "count", operations / wall), ("cores", "times", cpu / wall)]
    if memory is not None:
        measures.append(("memory", "bytes", max(memory, 0)))
    print(json.dumps({"experiment": "compare/%s/%s" % (workload, technique), "lines": [str(check) for check in done], "measures": [
        {"id": name, "name": {"ko": name, "en": name}, "unit": unit, "samples": [value]} for name, unit, value in measures]}))


if __name__ == "__main__":
    main()
