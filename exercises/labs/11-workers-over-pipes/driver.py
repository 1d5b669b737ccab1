# -*- coding: utf-8 -*-
"""Runs a scenario of lab 11 with a submission in Python: starts real worker processes, watches every byte that goes to them and
comes from them, and kills one. It judges nothing. Started with `worker` it is such a worker."""
import struct
import sys


def answer_to(task):
    return task[::-1]


def work():
    """The worker: answers frames until its input is closed."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while True:
        head = source.read(4)
        if len(head) < 4:
            return
        task = source.read(struct.unpack(">I", head)[0])
        sink.write(head + answer_to(task))
        sink.flush()


if sys.argv[1:] == ["worker"]:
    work()
    sys.exit()

# What follows is the driver's. A worker starts quickly without it.
import os  # noqa: E402
import subprocess  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402

sys.path.insert(0, os.environ.get("KIT_PYTHON", os.path.join(os.path.dirname(__file__), "../../../support/exercise-kit/python")))
import kit  # noqa: E402

WORKERS = 3
PATIENCE = 300  # waits of 10 ms, counted in turns that this thread was given: a busy machine takes them from everybody alike


def tasks_of(number, size):
    """Each begins with its number, so that no two are alike."""
    return [b"%02d " % task + bytes(97 + (i * 7 + task) % 26 for i in range(size)) for task in range(number)]


def take_frame(buffer):
    """The first whole frame, which is taken out of the buffer; None if there is none."""
    if len(buffer) < 4:
        return None
    end = 4 + struct.unpack(">I", bytes(buffer[:4]))[0]
    if len(buffer) < end:
        return None
    frame = bytes(buffer[4:end])
    del buffer[:end]
    return frame


class Pool:
    """What the driver knows of all workers."""

    def __init__(self, record, tasks, in_pieces, kills):
        self.record, self.tasks, self.in_pieces, self.kills = record, tasks, in_pieces, kills
        self.workers, self.in_flight, self.peak = [], 0, 0
        self.impatient = self.killed = False
        self.lock = threading.RLock()

    def start(self):
        """Starts one more worker."""
        environment = dict(os.environ)
        environment.pop("KIT_OUT", None)
        process = subprocess.Popen([sys.executable, "-S", "-E", os.path.abspath(__file__), "worker"], bufsize=0, env=environment,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with self.lock:
            worker = Seat(self, process, len(self.workers) + 1)
            self.workers.append(worker)
        return To(worker), From(worker)

    def wait_for_the_others(self):
        """Before the first answer is read, every worker should have a task. Who asks one after another waits here once."""
        for _ in range(PATIENCE):
            if self.peak >= WORKERS or self.impatient:
                return
            time.sleep(0.01)
        self.impatient = True

    def compare(self, answers):
        """Which task each answer belongs to: -1 if it is nobody's."""
        expected = [answer_to(task) for task in self.tasks]
        answers = [a if isinstance(a, (bytes, bytearray)) else b"" for a in answers]
        self.record.fact("results", [expected.index(a) if a in expected else -1 for a in answers])
        self.record.fact("sizes", [[len(a), len(right)] for a, right in zip(answers, expected)])

    def wait_for_the_workers(self):
        """A worker whose input was closed ends by itself."""
        still_open, turns = [], 0  # one patience for all of them
        for worker in self.workers:
            while worker.process.poll() is None and turns < PATIENCE:
                time.sleep(0.01)
                turns += 1
            if worker.process.poll() is None:
                still_open.append(worker.number)
                worker.process.kill()
                worker.process.wait()
        self.record.fact("open", still_open)


class Seat:
    """One worker, shared by both ends of its pipes."""

    def __init__(self, pool, process, number):
        self.pool, self.process, self.number = pool, process, number
        self.lane = pool.record.lane("워커 %d" % number, "worker %d" % number)
        self.lane.enter("idle")
        # Bytes on the way to the worker that are not a whole frame yet, and bytes of an answer.
        self.sending, self.receiving = bytearray(), bytearray()
        self.has = []  # what it was given and has not answered, the oldest first
        self.answered, self.dead = 0, False

    def sent(self, data):
        """Bytes that the submission has written: with each whole frame the worker has one more task."""
        self.sending += data
        while True:
            frame = take_frame(self.sending)
            if frame is None:
                return
            task = self.pool.tasks.index(frame) if frame in self.pool.tasks else -1
            with self.pool.lock:
                self.pool.record.push("sent", [self.number, task])
                self.has.append(task)
                self.lane.enter("running")
                self.pool.in_flight += 1
                self.pool.peak = max(self.pool.peak, self.pool.in_flight)
                self.pool.record.fact("peak", self.pool.peak)

    def received(self, data):
        """Bytes that the submission has read: with each whole frame it has an answer."""
        self.receiving += data
        while self.has and take_frame(self.receiving) is not None:
            with self.pool.lock:
                task = self.has.pop(0)
                self.answered += 1
                self.pool.record.push("answered", [self.number, task])
                self.pool.in_flight -= 1
                if not self.has:
                    self.lane.enter("idle")

    def until_the_kill(self):
        """Bytes until the middle of the second answer of a worker, where it is killed; None if it is not this one."""
        if not self.pool.kills or self.pool.killed or self.answered != 1 or not self.has or self.has[0] < 0:
            return None
        return max(0, 4 + len(self.pool.tasks[self.has[0]]) // 2 - len(self.receiving))

    def kill_if_it_is_time(self):
        """`kill -9`, in the middle of the answer."""
        with self.pool.lock:
            if self.until_the_kill() != 0:
                return
            self.pool.killed = self.dead = True
            self.pool.in_flight -= len(self.has)
            self.process.kill()
            self.process.wait()
            self.lane.end_as("killed")
            self.pool.record.fact("killed", [self.number, self.has[0]])

    def room(self, wanted):
        """How many bytes the next `read` may give."""
        with self.pool.lock:
            piece = 1 + (len(self.receiving) * 5 + self.answered) % 7 if self.pool.in_pieces else wanted
            left = self.until_the_kill()
        return min(wanted, piece if left is None else min(piece, max(1, left)))


class To:
    """The standard input of a worker. `write` returns when everything is written."""

    def __init__(self, seat):
        self.seat = seat

    def write(self, data):
        data = memoryview(bytes(data))
        while len(data):
            written = os.write(self.seat.process.stdin.fileno(), data)
            self.seat.sent(bytes(data[:written]))
            data = data[written:]

    def flush(self):
        pass

    def close(self):
        self.seat.process.stdin.close()


class From:
    """The standard output of a worker. `read(n)` returns what is there, at most n bytes, and b"" at the end."""

    def __init__(self, seat):
        self.seat = seat

    def read(self, count):
        seat = self.seat
        if count <= 0:
            return b""
        if seat.pool.in_pieces and seat.has:
            seat.pool.wait_for_the_others()
        seat.kill_if_it_is_time()
        if seat.dead:
            # What the dead worker had written may still be in the pipe; it would end here or a little later.
            return b""
        data = os.read(seat.process.stdout.fileno(), seat.room(count))
        seat.received(data)
        return data

    def close(self):
        self.seat.process.stdout.close()


def scenario(number, size, in_pieces, kills):
    def run(submission, record):
        tasks = tasks_of(number, size)
        record.fact("tasks", len(tasks))
        record.fact("workers", WORKERS)
        pool = Pool(record, tasks, in_pieces, kills)
        pool.compare(submission.run(list(tasks), WORKERS, pool.start))
        pool.wait_for_the_workers()
    return run


kit.main({"pieces": scenario(12, 60, True, False), "big": scenario(6, 300000, False, False),
          "killed": scenario(12, 60, True, True)}, kit.text("워커 %d개" % WORKERS, "%d workers" % WORKERS))
