"""At most `limit` jobs in flight at the same time, and the results in the order of the jobs."""
import asyncio


async def run_limited(jobs, limit):
    """`jobs` is a list of async functions without arguments. Each waits for something and returns a number.

    Now one waits after another.
    """
    results = []
    for job in jobs:
        results.append(await job())
    return results
