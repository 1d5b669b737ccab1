# -*- coding: utf-8 -*-
"""Runs a scenario of lab 04 with a submission in Python and records it. It judges nothing. The facts are those of driver.rs.

The votes are ints whose `+` is Python code, so that a thread can be stopped between the read and the write of `total += vote`, on any
interpreter. Where bytecodes can be traced, a thread is stopped between any two of them as well.
"""
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.environ.get("KIT_PYTHON", os.path.join(os.path.dirname(__file__), "../../../support/exercise-kit/python")))
import kit  # noqa: E402

WAYS = [("atomic", "with_one_call"), ("mutex", "with_a_mutex"), ("own", "without_sharing")]
MOST_RUNS = 400
SECONDS = 6  # a submission with more places than that is tried at the first ones


class Run:
    """One call of one function, and what was seen of it."""

    def __init__(self, boxes, reading=0.0, record=None):
        self.boxes, self.interruption, self.reading, self.record = boxes, None, reading, record
        self.steps, self.readers, self.threads = [], [[] for _ in boxes], {}
        self.locks, self.under_lock, self.started, self.early_joins, self._joins = 0, 0, [], 0, 0
        self.holds, self._lock = {}, kit._Lock()

    def me(self):
        """The number of the calling thread; 0 is the one that called the submission."""
        if threading.current_thread() is threading.main_thread():
            return 0
        with self._lock:
            return self.threads.setdefault(threading.current_thread(), len(self.threads) + 1)

    def step(self, ko, en=None):
        me = self.me()
        self.steps.append(("T%d" % me if me else "main", ko, ko if en is None else en))

    def point(self):
        if self.interruption is not None:
            self.interruption.point()

    def box(self, number):
        lane = self.record.lane("상자 %d" % number, "box %d" % number) if self.record is not None else None
        for value in self.boxes[number]:
            me = self.me()
            if me not in self.readers[number]:
                self.readers[number].append(me)
                if self.interruption is not None and me:
                    if number == 0:
                        self.interruption.stop_me()
                    elif not self.interruption.is_me():
                        self.interruption.hold()
                    else:
                        self.interruption.give_up()  # a worker of a pool that has done its part and takes the next one
            if lane is not None:
                with lane.during("waiting_for_io"):
                    time.sleep(self.reading)
            self.under_lock += self.holds.get(me, 0) > 0
            self.step("상자 %d 읽음 [%d]" % (number, value), "reads box %d [%d]" % (number, value))
            self.point()
            yield Vote(value, self)

    def others(self):
        """The threads besides the one that is stopped, when there is one for each box."""
        if len(self.started) < len(self.boxes):
            return None
        return [thread for thread in self.started if thread is not self.interruption.victim]

    def observe(self, what, lock):
        if what in ("wants", "unlocked"):
            self.point()
            return
        me = self.me()
        self.holds[me] = self.holds.get(me, 0) + (1 if what == "lock" else -1)
        self.locks += what == "lock" and me != 0
        self.step("%s %s" % (what, lock.name["ko"]), "%s %s" % (what, lock.name["en"]))

    def call(self, count):
        start, join = threading.Thread.start, threading.Thread.join
        me = threading.main_thread()

        def watched_start(thread):
            start(thread)
            # Not before: a thread that has not begun looks like one that has ended.
            if kit._line_in_submission(sys._getframe(1)) is not None:
                self.early_joins += self._joins
                self._joins = 0
                self.started.append(thread)

        def watched_join(thread, timeout=None):
            if threading.current_thread() is me and kit._line_in_submission(sys._getframe(1)) is not None:
                self._joins += 1
            join(thread, timeout)
        threading.Thread.start, threading.Thread.join = watched_start, watched_join
        kit.observe_locks[0] = self.observe
        # Before 3.11 the interpreter writes a frame's variables back after each traced bytecode, also those that another thread has
        # changed meanwhile: tracing itself would lose updates.
        if self.interruption is not None and sys.version_info >= (3, 11) and sys.implementation.name == "cpython":
            threading.settrace(self.interruption.trace)
        try:
            return count([self.box(number) for number in range(len(self.boxes))])
        finally:
            threading.settrace(None)
            kit.observe_locks[0] = None
            threading.Thread.start, threading.Thread.join = start, join

    def facts(self, record, way=""):
        for name, value in [("readers", self.readers), ("locks", self.locks), ("atomics", 0), ("under_lock", self.under_lock),
                            ("spawned", len(self.started)), ("early_joins", self.early_joins)]:
            record.fact(way and way + "_" + name or name, value)


class Vote(int):
    """A number whose addition takes long enough for another thread to come in."""

    def __new__(cls, value, run):
        vote = int.__new__(cls, value)
        vote.run = run
        return vote

    def __add__(self, other):
        return self._plus(self, other)

    def __radd__(self, other):
        return self._plus(other, self)

    def _plus(self, left, right):
        if not isinstance(left, int) or not isinstance(right, int):
            return NotImplemented
        total = int.__add__(left, right)
        self.run.step("%d + %d" % (left, right))
        self.run.point()
        self.run.step("= %d" % total)
        return Vote(total, self.run)


def ballots(many, each):
    return [[random.randrange(11, 75) for _ in range(each)] for _ in range(many)]


def every_place(name):
    """Stops the thread of box 0 at each place in turn, while the other one counts."""
    def scenario(submission, record):
        boxes = ballots(2, 2)
        expected = sum(map(sum, boxes))
        record.fact("expected", expected)
        runs, end = 0, time.monotonic() + SECONDS
        while runs < MOST_RUNS and time.monotonic() < end:
            run = Run(boxes)
            interruption = run.interruption = kit.Interruption(runs, run.others)
            counted = run.call(getattr(submission, name))
            runs += 1
            if not isinstance(counted, int) or counted != expected:
                record.fact("counted", int(counted) if isinstance(counted, int) else -1)
                tell(record, run)
                return
            if interruption.alone:
                record.fact("failure", "vacuous")
                record.fact("failure_text", "the threads never met")
                tell(record, run)
                return
            if not interruption.reached:
                break
        record.fact("counted", expected)
        record.fact("executions", runs)
        record.fact("complete", runs < MOST_RUNS and time.monotonic() < end)
        run.facts(record)
    return scenario


def tell(record, run):
    run.facts(record)
    for thread, ko, en in run.steps:
        record.step(thread, ko, en)


def threads(submission, record):
    """Real threads, nobody in their way."""
    for way, name in WAYS:
        run = Run(ballots(3, 4), reading=0.003, record=record)
        run.call(getattr(submission, name))
        run.facts(record, way)


SCENARIOS = {way: every_place(name) for way, name in WAYS}
SCENARIOS["threads"] = threads
kit.main(SCENARIOS, kit.text("세 가지 방법으로 세기", "counting in three ways"))
