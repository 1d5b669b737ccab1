# -*- coding: utf-8 -*-
"""Runs a scenario of lab 09 with a submission in Python and records it. It judges nothing."""
import asyncio
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.environ.get("KIT_PYTHON", os.path.join(os.path.dirname(__file__), "../../../support/exercise-kit/python")))
import kit  # noqa: E402

OTHERS = 3
TURNS = 100  # that each of the other tasks gets before the work ends
WAKES = 3  # more is polling
QUIET = 0.5  # seconds that the work goes on when it has seen the turns: long enough to catch who looks from time to time
PATIENCE = 0.5  # seconds of its own CPU time without any progress, after which the work gives up waiting for it
GAP = 2000000  # ns; a longer pause of a ticker is drawn


class Others:
    """The other tasks of the loop: each takes one turn after another and counts them."""

    def __init__(self, record):
        self.turns, self.stop, self.record = [0] * OTHERS, False, record
        self.tasks = [asyncio.ensure_future(self.one(i)) for i in range(OTHERS)]

    async def one(self, i):
        lane = self.record.lane("다른 태스크 %d" % i, "other task %d" % i)
        first = last = kit.now()
        while not self.stop:
            await asyncio.sleep(0)
            self.turns[i] += 1
            at = kit.now()
            if at - last > GAP:
                lane.spans.append({"state": "running", "start": first, "end": last})
                lane.spans.append({"state": "ready", "start": last, "end": at})
                first = at
            last = at
        lane.spans.append({"state": "running", "start": first, "end": last})


def burn():
    """A little of a long computation, in the interpreter."""
    total = 0
    for n in range(2000):
        total += n * n % 7
    return total


# CPU time where it can be had: a busy machine takes it from this thread and from the loop's alike.
cpu = kit.thread_cpu or time.monotonic


def progress(look, enough, loop_thread):
    """Computes until `enough(look())`; gives up after a while without any change, and at once on the loop's own thread."""
    seen, since = look(), cpu()
    while not enough(seen):
        burn()
        now = look()
        if now != seen:
            seen, since = now, cpu()
        elif threading.get_ident() == loop_thread or cpu() - since > PATIENCE:
            until = time.monotonic() + 0.02  # so that the lanes show it
            while time.monotonic() < until:
                burn()
            return False
    return True


async def outcome(record, awaitable):
    try:
        value = await awaitable
        record.fact("result", value if isinstance(value, int) and 0 <= value < 2 ** 63 else None)
        record.fact("ended", "result")
    except Exception as error:
        record.fact("said", str(error))
        record.fact("ended", "error")


def one(submission, record):
    """One long computation beside three other tasks. It does not end before each of them has had its turns."""
    async def main():
        loop_thread, value = threading.get_ident(), random.randrange(1000, 1000000)
        others = Others(record)
        while min(others.turns) < 3:
            await asyncio.sleep(0)
        lane = record.lane("계산", "the work")
        record.fact("value", value)
        record.fact("work_ended", False)

        def work():
            record.fact("on_loop", threading.get_ident() == loop_thread)
            before = list(others.turns)

            def turns():
                return [now - then for now, then in zip(others.turns, before)]
            with lane.during("running"):
                went_on = progress(turns, lambda seen: min(seen) >= TURNS, loop_thread)
                record.fact("turns", turns())
                others.stop = True
                until = time.monotonic() + QUIET
                while went_on and time.monotonic() < until and counted.count <= WAKES:
                    burn()
            record.fact("wakes", counted.count)
            record.fact("work_ended", True)
            return value

        counted = kit.Counted(submission.compute(work))
        await outcome(record, counted)
        if not record.facts["work_ended"]:  # it returned before the work has ended
            record.fact("wakes", counted.count)
        others.stop = True
        await asyncio.gather(*others.tasks)
    record.fact("turns_wanted", TURNS)
    record.fact("wakes_allowed", WAKES)
    kit.run_async(main())


def two(submission, record):
    """Two computations at the same time. Each computes until the other has started too."""
    async def main():
        loop_thread, started = threading.get_ident(), []

        def work(lane, number):
            def work():
                started.append(number)
                with lane.during("running"):
                    progress(lambda: len(started), lambda seen: seen == 2, loop_thread)
                    until = time.monotonic() + 0.02
                    while time.monotonic() < until:
                        burn()
                return number
            return work
        lanes = [record.lane("계산 %d" % i, "work %d" % i) for i in range(2)]
        await asyncio.gather(*[outcome(record, submission.compute(work(lane, i))) for i, lane in enumerate(lanes)])
    kit.run_async(main())


def fails(submission, record):
    """A computation that fails."""
    async def main():
        error = "E%d" % random.randrange(1000, 1000000)
        record.fact("error", error)
        lane = record.lane("계산", "the work")

        def work():
            with lane.during("running"):
                burn()
            lane.end_as("failed")
            raise ValueError(error)
        await outcome(record, submission.compute(work))
    kit.run_async(main())


kit.main({"one": one, "two": two, "fails": fails}, kit.text("루프를 멈추지 않는 계산", "computing without stalling the loop"))
