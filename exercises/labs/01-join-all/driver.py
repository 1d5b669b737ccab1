# -*- coding: utf-8 -*-
"""Runs a scenario of lab 01 with a submission in Python and records it. It judges nothing. The facts are those of driver.rs."""
import os
import random
import sys
import time

sys.path.insert(0, os.environ.get("KIT_PYTHON", os.path.join(os.path.dirname(__file__), "../../../support/exercise-kit/python")))
import kit  # noqa: E402

JOBS = 5
PATIENCE = 100  # turns of 10 ms, not time: a busy machine takes turns from everybody alike


def turns(holds):
    """Waits until it holds, for so many turns."""
    for _ in range(PATIENCE):
        if holds():
            return
        time.sleep(0.01)


def call(submission, record, wait):
    """Calls the submission with jobs that record themselves."""
    values = [random.randrange(1000000) for _ in range(JOBS)]
    record.fact("values", values)
    ended = [False] * JOBS

    def job(n):
        lane = record.lane("작업 %d" % n, "job %d" % n)

        def run():
            lane.enter("waiting_for_io")
            try:
                wait(n, ended)
                lane.leave()
            except Exception:
                lane.end_as("failed")
                raise
            finally:
                ended[n] = True
            return values[n]
        return run

    try:
        returned = submission.run_all([job(n) for n in range(JOBS)])
        record.fact("returned_at", kit.now())
        ok = kit.numbers(returned)
        record.fact("result", {"err": "no list of numbers: %r" % (returned,)} if ok is None else {"ok": ok})
    except Exception as error:
        record.fact("returned_at", kit.now())
        record.fact("result", {"err": str(error)})
    turns(lambda: all(ended))  # what still runs is drawn to its end


def meet(submission, record):
    """Each job waits until all five are there. Then the last one ends first, and each of the others after the one behind it."""
    meeting = kit.Meeting(JOBS, PATIENCE)

    def wait(n, ended):
        meeting.wait()
        if meeting.met and n + 1 < JOBS:
            turns(lambda: ended[n + 1])
    call(submission, record, wait)


def failure(submission, record):
    """All meet; one fails at once, not the last one. The others go on for a hundred turns."""
    fails, message = random.randrange(JOBS - 1), "no answer (%d)" % random.randrange(10000)
    record.fact("fails", fails)
    record.fact("message", message)
    meeting = kit.Meeting(JOBS, PATIENCE)

    def wait(n, ended):
        meeting.wait()
        if n == fails:
            raise OSError(message)
        if meeting.met:
            turns(lambda: False)
    call(submission, record, wait)


kit.main({"meet": meet, "failure": failure}, kit.text("다섯 작업", "five jobs"))
