# -*- coding: utf-8 -*-
"""Runs a scenario of lab 08 with a submission in Python and records it. It judges nothing."""
import asyncio
import os
import random
import selectors
import sys
import threading
import time

sys.path.insert(0, os.environ.get("KIT_PYTHON", os.path.join(os.path.dirname(__file__), "../../../support/exercise-kit/python")))
import kit  # noqa: E402

JOBS = 5
FAILING = 3
HOUR = 3600.0
SHORT = 1.0
APART = 0.3  # a job ends so long after the one before: at the limit some still wait
WATCHED = 0.3  # so long nothing happens, and nobody has a reason to wake up


class IdleSelector(selectors.DefaultSelector):
    """Says when the event loop has nothing to do. So the driver needs no sleep to know that everybody waits."""

    on_idle = staticmethod(lambda: False)

    def select(self, timeout=None):
        if (timeout is None or timeout > 0) and self.on_idle():
            timeout = 0
        return super().select(timeout)


class Run:
    """Five jobs that wait for a signal each, and one call of `gather` with them."""

    def __init__(self, record, limit, next_signal, failing=None):
        self.record, self.limit, self.next_signal, self.failing = record, limit, next_signal, failing
        self.values = [random.randrange(1000, 1000000) for _ in range(JOBS)]
        self.error = "E%d" % random.randrange(1000, 1000000)
        self.lanes = [record.lane("작업 %d" % i, "job %d" % i) for i in range(JOBS)]
        self.gates = [None] * JOBS  # of the jobs that have started
        self.opened, self.alive, self.returned, self.call_task = [], [], False, None
        self.counted, self.watched_from, self.watched = None, None, False
        selector = IdleSelector()
        selector.on_idle = self.on_idle
        self.loop = asyncio.SelectorEventLoop(selector)

    def job(self, i):
        async def job():
            self.gates[i] = self.loop.create_future()
            self.alive.append(i)
            lane = self.lanes[i]
            lane.enter("waiting_for_io")
            try:
                await self.gates[i]
                if i == self.failing:
                    lane.end_as("failed")
                    raise RuntimeError(self.error)
                return self.values[i]
            except asyncio.CancelledError:
                lane.end_as("cancelled")
                raise
            finally:
                lane.leave()
                await asyncio.sleep(0)  # cleaning up takes a turn of the loop
                self.alive.remove(i)
        return job

    def waiting(self):
        return [i for i in range(JOBS) if self.gates[i] is not None and i not in self.opened]

    def open(self, i):
        self.opened.append(i)
        if not self.gates[i].done():
            self.gates[i].set_result(None)

    def on_idle(self):
        """Gives the next signal, if there is one."""
        if self.returned or not self.waiting():
            return False
        time.sleep(0.001)  # so that the lanes can be read
        return self.next_signal(self)

    def watch(self):
        """For a while nothing happens. How often does `gather` wake up? Whether that is over."""
        if self.watched_from is None:
            self.watched_from = self.counted.count

            def after_a_while():
                time.sleep(WATCHED)
                self.loop.call_soon_threadsafe(setattr, self, "watched", True)
            threading.Thread(target=after_a_while, daemon=True).start()
        elif self.watched:
            self.record.facts.setdefault("wakes", self.counted.count - self.watched_from)
        return "wakes" in self.record.facts

    async def call(self, submission):
        """Calls `gather`, and looks at who is there at the moment when it ends."""
        record = self.record
        record.fact("jobs", JOBS)
        record.fact("values", self.values)
        record.fact("error", self.error)
        record.fact("failing", self.failing)
        record.fact("limit_ns", int(self.limit * 1e9))
        start = kit.now()
        self.counted = kit.Counted(submission.gather([self.job(i) for i in range(JOBS)], self.limit))
        try:
            record.fact("results", numbers(await self.counted))
            ended = "results"
        except asyncio.CancelledError:
            ended = "cancelled"
        except (asyncio.TimeoutError, TimeoutError):
            ended = "time limit"
        except RuntimeError as error:
            record.fact("said", str(error))
            ended = "error"
        end = kit.now()
        self.returned = True
        record.fact("elapsed_ns", end - start)
        record.fact("returned_at", end)
        record.fact("opened", list(self.opened))
        record.fact("alive", sorted(self.alive))
        record.fact("ended", ended)
        if self.alive:
            await asyncio.sleep(0.02)  # so that the lanes show that they go on

    async def main(self, submission, beside):
        self.call_task = asyncio.ensure_future(self.call(submission))
        others = asyncio.ensure_future(beside(self)) if beside else None
        await self.call_task
        if others:
            others.cancel()

    def run(self, submission, beside=None):
        kit.run_async(self.main(submission, beside), self.loop)


def numbers(values):
    """What was returned, as far as it is a list of numbers; null where it is not."""
    try:
        return [x if isinstance(x, int) and 0 <= x < 2 ** 32 else None for x in values]
    except TypeError:
        return None


def all_end(submission, record):
    """When all have started and nobody can go on, the last job gets its signal, then the one before it."""
    def next_signal(run):
        waiting = run.waiting()
        run.open(waiting[-1])
        return True
    Run(record, HOUR, next_signal).run(submission)


def one_fails(submission, record):
    """Nothing happens for a while. Then one job fails. The others get their signals only if `gather` is still there when nobody can go on."""
    def next_signal(run):
        if not run.watch():
            return False
        waiting = run.waiting()
        run.open(FAILING if FAILING in waiting else waiting[0])
        return True
    Run(record, HOUR, next_signal, failing=FAILING).run(submission)


def too_slow(submission, record):
    """The jobs end one after another: at the limit some still wait."""
    async def drip(run):
        while len(run.opened) < JOBS:
            await asyncio.sleep(APART)
            waiting = run.waiting()
            if waiting:
                run.open(waiting[0])
    Run(record, SHORT, lambda run: False).run(submission, drip)


def cancelled(submission, record):
    """`gather` is cancelled while all jobs wait."""
    def next_signal(run):
        if run.call_task is not None and not asked:
            asked.append(True)
            run.call_task.cancel()
        else:
            run.open(run.waiting()[0])  # it goes on all the same
        return True
    asked = []
    Run(record, HOUR, next_signal).run(submission)


kit.main({"all": all_end, "one-fails": one_fails, "too-slow": too_slow, "cancelled": cancelled},
         kit.text("시간 제한이 있는 gather", "gather with a time limit"))
