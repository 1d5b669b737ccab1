"""Gather with a time limit: it fails fast, and leaves nobody running."""
import asyncio


async def gather(jobs, limit):
    """Runs all jobs at the same time. Returns their results in the order of `jobs`, or raises the first failure.

    A job is a function without arguments that returns a coroutine. After `limit` seconds: asyncio.TimeoutError.
    """
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    try:
        done, pending = await asyncio.wait(tasks, timeout=limit, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()  # raises what a failed job raised
        if pending:
            raise asyncio.TimeoutError()
        return [task.result() for task in tasks]
    finally:
        # This also runs when gather itself is cancelled. `cancel` only asks; the second gather waits until they have ended.
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
