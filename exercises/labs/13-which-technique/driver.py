# -*- coding: utf-8 -*-
"""Runs one of the six programs of lab 13 as tasks, threads and processes and records it, with what was predicted. It judges nothing.

The jobs talk to a server of ours: it answers when all have asked, or when nobody else comes for a while.
`driver.py --job PROGRAM NUMBER PORT` is one job in a process of its own; it prints its lane.
"""
import json
import os
import socket
import sys
import threading

sys.path.insert(0, os.environ.get("KIT_PYTHON", os.path.join(os.path.dirname(__file__), "../../../support/exercise-kit/python")))
import kit  # noqa: E402

# The other modules are imported where they are needed: a job in a process of its own should be up soon.

JOBS = 3
CPU = 0.02  # seconds that a job computes
MOST = 5  # times, on a machine on which the jobs do not happen to compute at the same instant


# The server ------------------------------------------------------------------------------------------------------------

class Server:
    """Answers requests of one line.

    `ready` when all processes are up; `page I` when all have asked or nobody else comes; `after I` when job I has said
    `done I`; `ran I START END START END …` with `more` as long as others compute too and no two of them were seen to do so at
    the same instant, and else with `enough`.
    """

    def __init__(self):
        self.meeting, self.ready = kit.Meeting(JOBS, patience=20), kit.Meeting(JOBS, patience=1000)
        self.done = [threading.Event() for _ in range(JOBS)]
        self.there, self.overlaps = set(), kit.Overlaps()
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return  # closed
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection, connection.makefile("r") as lines:
            words = lines.readline().split()
            word, i, times = words[0], int(words[1]), [int(time) for time in words[2:]]
            answer = "ok"
            if word == "ready":
                self.ready.wait()
            elif word == "after":
                self.done[i].wait(60)
            elif word == "done":
                self.there.discard(i)
                self.done[i].set()
            elif word == "ran":
                seen = self.overlaps.add(i, list(zip(times[::2], times[1::2])))
                answer = "enough" if seen or self.there <= {i} else "more"
            else:
                self.there.add(i)
                self.meeting.wait()
            connection.sendall((answer + "\n").encode())

    def close(self):
        self.listener.close()


def ask(port, line):
    """A request with a client that blocks its thread. The answer."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall((line + "\n").encode())
        with connection.makefile("r") as lines:
            return lines.readline().strip()


async def ask_async(port, line):
    """The same request with a client that awaits."""
    import asyncio
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write((line + "\n").encode())
    await reader.readline()
    writer.close()


# The six programs: job number i of each ----------------------------------------------------------------------------------

LOCK = threading.Lock()  # one in each process
BLOCK = bytes(256 * 1024)


async def pages(lane, i, port):
    with lane.during("waiting_for_io"):
        await ask_async(port, "page %d" % i)


def old_client(lane, i, port):
    with lane.during("waiting_for_io"):
        ask(port, "page %d" % i)


def computing(lane, i, port, work):
    with lane.during("idle"):
        ask(port, "page %d" % i)  # so that all that can be there at the same time begin at the same time
    allowed = kit.cores()
    kit.pin(i)
    try:
        for _ in range(MOST):
            ran = kit.compute(lane, work, CPU)
            lane.enter("idle")
            answer = ask(port, " ".join(["ran", str(i)] + ["%d %d" % span for span in ran]))
            lane.leave()
            if answer == "enough":
                break
        ask(port, "done %d" % i)
    finally:
        kit.unpin(allowed)


def count(lane, i, port):
    def work():
        total = 0
        for n in range(300):
            total += n
    computing(lane, i, port, work)


def one_lock(lane, i, port):
    lane.enter("waiting_for_lock")
    with LOCK:
        lane.leave()
        count(lane, i, port)


def checksum(lane, i, port):
    import hashlib
    computing(lane, i, port, lambda: hashlib.sha256(BLOCK).digest())


async def chain(lane, i, port):
    if i > 0:
        with lane.during("idle"):
            await ask_async(port, "after %d" % (i - 1))
    with lane.during("waiting_for_io"):
        await ask_async(port, "page %d" % i)
    await ask_async(port, "done %d" % i)  # not before the lane has left, or the next one would seem to overlap


PROGRAMS = {f.__name__: f for f in [pages, old_client, count, one_lock, checksum, chain]}
ASYNC = [pages, chain]


# The three techniques ------------------------------------------------------------------------------------------------------

def run_one(program, lane, i, port):
    """One job on this thread, whichever kind of function it is."""
    if program in ASYNC:
        import asyncio
        loop = asyncio.new_event_loop()
        loop.run_until_complete(program(lane, i, port))
        loop.close()
    else:
        program(lane, i, port)


def as_tasks(program, lanes, port):
    import asyncio

    async def job(lane, i):
        if program in ASYNC:
            await program(lane, i, port)
        else:
            program(lane, i, port)

    async def main():
        await asyncio.gather(*[job(lane, i) for i, lane in enumerate(lanes)])
    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.close()


def as_threads(program, lanes, port):
    threads = [threading.Thread(target=run_one, args=(program, lane, i, port)) for i, lane in enumerate(lanes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def as_processes(program, lanes, port):
    import subprocess
    # -S: without site-packages a process is up sooner, and everything else that could differ is out of it.
    command = [sys.executable, "-S", os.path.abspath(__file__), "--job", program.__name__]
    jobs = [subprocess.Popen(command + [str(i), str(port)], stdout=subprocess.PIPE) for i in range(JOBS)]
    for job, lane in zip(jobs, lanes):
        said = job.communicate()[0]
        if job.returncode != 0:
            raise RuntimeError("a process of the grader ended with %s" % job.returncode)
        lane.spans += json.loads(said.decode())


TECHNIQUES = [("tasks", "태스크", as_tasks), ("threads", "스레드", as_threads), ("processes", "프로세스", as_processes)]


def scenario(name):
    def run(submission, record):
        said = getattr(submission, "PREDICTIONS", {})
        predicted = said.get(name) if isinstance(said, dict) else None
        record.fact("predicted", predicted if isinstance(predicted, str) else None)
        record.fact("clock_fine", kit.is_clock_fine())
        for technique, korean, run_as in TECHNIQUES:
            server = Server()
            lanes = [record.lane("%s %d" % (korean, i), "%s %d" % (technique, i)) for i in range(JOBS)]
            record.fact(technique, [record.lanes.index(lane) for lane in lanes])
            run_as(PROGRAMS[name], lanes, server.port)
            server.close()
    return run


def one_job(program, i, port):
    ask(port, "ready %d" % i)
    lane = kit.Lane(None)
    run_one(PROGRAMS[program], lane, i, port)
    sys.stdout.write(json.dumps(lane.spans))


if sys.argv[1] == "--job":
    one_job(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
else:
    kit.main({name: scenario(name) for name in PROGRAMS}, kit.text("어떤 기법?", "which technique?"))
