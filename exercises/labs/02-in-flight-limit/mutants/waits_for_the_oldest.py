"""A window that waits for its oldest job: a slow one in front holds up those behind it."""
import asyncio
import collections


async def run_limited(jobs, limit):
    in_flight, results = collections.deque(), []
    for job in jobs:
        if len(in_flight) == limit:
            results.append(await in_flight.popleft())
        in_flight.append(asyncio.ensure_future(job()))
    for task in in_flight:
        results.append(await task)
    return results
