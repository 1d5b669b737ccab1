# -*- coding: utf-8 -*-
"""Runs a scenario of lab 02 with a submission in Python and records it. It judges nothing."""
import asyncio
import os
import random
import sys

sys.path.insert(0, os.environ.get("KIT_PYTHON", os.path.join(os.path.dirname(__file__), "../../../support/exercise-kit/python")))
import kit  # noqa: E402


class Jobs:
    """Jobs that record themselves: when they are in flight, and how often they ran."""

    def __init__(self, record, number, wait):
        self.values = [random.randrange(1000, 1000000) for _ in range(number)]
        self.runs = [0] * number
        self.done = set()
        self.record, self.wait = record, wait
        self.callables = [self._job(i) for i in range(number)]

    def _job(self, i):
        async def job():
            self.runs[i] += 1
            lane = self.record.lane("작업 %d" % i, "job %d" % i)
            with lane.during("waiting_for_io"):
                await self.wait(i)
            self.done.add(i)
            return self.values[i]
        return job

    def run(self, submission, limit):
        facts = {"limit": limit, "values": self.values, "results": None, "runs": self.runs}
        self.record.push("calls", facts)  # before the call: a hang shows what was called
        facts["results"] = kit.numbers(kit.run_async(submission.run_limited(self.callables, limit)))


async def turns(enough, patience):
    """Waits until `enough()`, for so many turns of 10 ms. Whether it came to that."""
    for _ in range(patience):
        if enough():
            return True
        await asyncio.sleep(0.01)
    return enough()


def meet(submission, record):
    """Each job waits for one more in flight than the limit allows: so all that can be in flight at once are."""
    limit = random.choice([4, 5, 6])
    meeting = kit.Meeting(limit + 1, patience=30)

    async def wait(_):
        await meeting.wait_async()
    Jobs(record, 3 * limit, wait).run(submission, limit)


def slow(submission, record):
    """The first job waits until all the others are done."""
    async def wait(i):
        if i == 0:
            await turns(lambda: len(jobs.done) == len(jobs.values) - 1, 100)
            record.fact("done_beside_the_slow_one", len(jobs.done))
        else:
            await asyncio.sleep(0.002)
    jobs = Jobs(record, 8, wait)
    jobs.run(submission, 2)


def reverse(submission, record):
    """All may be in flight; each is done only after the one behind it."""
    patient = [True]

    async def wait(i):
        if patient[0] and i + 1 < len(jobs.values):
            patient[0] = await turns(lambda: i + 1 in jobs.done, 50)
    jobs = Jobs(record, 5, wait)
    jobs.run(submission, 5)


def edges(submission, record):
    """No job, fewer jobs than the limit, a limit of one, a number of jobs that the limit does not divide."""
    async def wait(_):
        await asyncio.sleep(0.001)
    for number, limit in [(0, 3), (1, 4), (3, 1), (7, 3)]:
        Jobs(record, number, wait).run(submission, limit)


kit.main({"meet": meet, "slow": slow, "reverse": reverse, "edges": edges}, kit.text("한 번에 k개까지", "at most k in flight"))
