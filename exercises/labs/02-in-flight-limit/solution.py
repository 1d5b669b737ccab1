"""At most `limit` jobs in flight at the same time, and the results in the order of the jobs."""
import asyncio


async def run_limited(jobs, limit):
    places = asyncio.Semaphore(limit)

    async def run(job):
        async with places:  # held until the job is done, not just until it has begun
            return await job()

    # gather gives the results in the order of its arguments, whoever is done first.
    return await asyncio.gather(*[run(job) for job in jobs])
