# -*- coding: utf-8 -*-
"""Runs a scenario of lab 03 with a submission in Python and records it. It judges nothing."""
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.environ.get("KIT_PYTHON", os.path.join(os.path.dirname(__file__), "../../../support/exercise-kit/python")))
import kit  # noqa: E402


class Call:
    """One call of the submission: the numbers, and which parts of them `add` was given."""

    def __init__(self, record, length, threads, during=lambda lane, part, turn: None):
        # All different, so that a number tells its place, however the list was cut.
        self.numbers = random.sample(range(1, 1000000), length)
        self.place = {number: i for i, number in enumerate(self.numbers)}
        self.threads, self.record, self.during = threads, record, during
        self.lock, self.begun, self.ended = threading.Lock(), 0, 0
        self.facts = {"length": length, "threads": threads, "sum": sum(self.numbers), "result": None, "parts": [],
                      "unfinished": 0}
        record.push("calls", self.facts)

    def add(self, part):
        part = list(part)
        places = [self.place.get(number) for number in part]
        with self.lock:
            turn, self.begun = self.begun, self.begun + 1
            self.facts["parts"].append(places)
        lane = self.record.lane("부분 %d: 수 %d개" % (turn, len(part)), "part %d: %d numbers" % (turn, len(part)))
        self.during(lane, part, turn)
        total = sum(part)
        with self.lock:
            self.ended += 1
        return total

    def run(self, submission):
        result = submission.split_sum(list(self.numbers), self.threads, self.add)
        with self.lock:
            self.facts["unfinished"] = self.begun - self.ended
        self.facts["result"] = result if isinstance(result, int) and 0 <= result < 2 ** 63 else None


def overlap(submission, record):
    """Each part waits at its start until all are there, then computes on a core of its own until two were seen to compute at the
    same instant, which takes longer on a busy machine."""
    threads = random.choice([3, 4])
    meeting, allowed, overlaps = kit.Meeting(threads, patience=50), kit.cores(), kit.Overlaps()
    record.fact("clock_fine", kit.is_clock_fine())

    def during(lane, part, turn):
        lane.enter("ready")
        meeting.wait()
        lane.leave()
        kit.pin(turn)
        try:
            for n in range(15):
                seen = overlaps.add(turn, kit.compute(lane, lambda: sum(part), 0.02))
                # Under a GIL it is never seen, however long it takes.
                if n >= 2 and (seen or kit.has_gil() or meeting.given_up):
                    break
        finally:
            kit.unpin(allowed)
    Call(record, 1000 + random.randrange(1, threads), threads, during).run(submission)


def late(submission, record):
    """The part that comes last is done long after the others; at the earliest when nobody waits for it any more."""
    returned = threading.Event()

    def during(lane, part, turn):
        with lane.during("running"):
            if call.numbers[-1] in part:
                for _ in range(40):
                    if returned.wait(0.01):
                        break
    call = Call(record, 100, 4, during)
    try:
        call.run(submission)
    finally:
        returned.set()


def edges(submission, record):
    """No numbers, fewer than threads, one thread, a length that the threads do not divide."""
    for length, threads in [(0, 3), (2, 4), (10, 1), (9, 4), (1003, 4)]:
        Call(record, length, threads).run(submission)


kit.main({"overlap": overlap, "late": late, "edges": edges}, kit.text("나누어 더하기", "a split sum"))
