"""Counts by hand, and is off by one."""
import asyncio


async def run_limited(jobs, limit):
    in_flight = 0
    freed = asyncio.Event()

    async def run(job):
        nonlocal in_flight
        while in_flight > limit:
            freed.clear()
            await freed.wait()
        in_flight += 1
        try:
            return await job()
        finally:
            in_flight -= 1
            freed.set()

    return await asyncio.gather(*[run(job) for job in jobs])
