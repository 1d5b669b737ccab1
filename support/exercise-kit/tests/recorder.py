"""A driver for `python.rs`: what `kit.py` records of a submission that does as it is told."""
import asyncio

import kit


def record(submission, record):
    """Everything that a document may have."""
    lane = record.lane("부분", "part")
    for state in ("running", "ready", "waiting_for_lock", "waiting_for_io"):
        lane.enter(state)
    lane.leave()
    for mark in ("failed", "cancelled", "killed"):
        ends = record.lane(mark)
        with ends.during("running"):
            pass
        ends.end_as(mark)
    record.lane("열린 레인", "an open lane").enter("running")
    record.fact("value", 42)
    record.push("list", 1)
    record.push("list", 2)
    record.add("sum", 2)
    record.add("sum", 3)
    record.step("T1", "씀", "writes")


def raises(submission, record):
    submission.raises()


def deadlock(submission, record):
    kit.name_thread("주인", "the owner")
    submission.takes_it_twice()


def cancelled(submission, record):
    """Three are wanted, two come, and one of them is cancelled: the other still waits for the rest."""
    meeting = kit.Meeting(3, patience=50)

    async def come():
        stays = asyncio.ensure_future(meeting.wait_async())
        goes = asyncio.ensure_future(meeting.wait_async())
        await asyncio.sleep(0)
        goes.cancel()
        await asyncio.gather(goes, return_exceptions=True)
        late = [asyncio.ensure_future(meeting.wait_async()) for _ in range(2)]
        await asyncio.gather(stays, *late)
    kit.run_async(come())
    record.fact("met", meeting.met)
    record.fact("given_up", meeting.given_up)
    record.fact("peak", meeting.peak)


def computes(submission, record):
    """One that computes, and one that sleeps and so is never seen on a core for a whole slice."""
    record.fact("clock_fine", kit.is_clock_fine())
    lane = record.lane("계산", "computes")
    record.fact("ran", kit.compute(lane, lambda: sum(range(100)), 0.05))
    kit.compute(record.lane("잠", "sleeps"), lambda: kit.time.sleep(0.001), 0.001)


kit.main({"record": record, "raises": raises, "deadlock": deadlock, "cancelled": cancelled, "computes": computes},
         kit.text("기록", "a record"))
