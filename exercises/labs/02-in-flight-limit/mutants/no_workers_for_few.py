"""Workers that take jobs from a list; with fewer jobs than workers it starts none."""
import asyncio


async def run_limited(jobs, limit):
    results = [None] * len(jobs)
    left = iter(list(enumerate(jobs)))

    async def worker():
        for i, job in left:
            results[i] = await job()

    workers = limit if len(jobs) >= limit else 0
    await asyncio.gather(*[worker() for _ in range(workers)])
    return results
