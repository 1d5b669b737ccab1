"""A job that is slow is started once more, as a retry would do it."""
import asyncio


async def run_limited(jobs, limit):
    places = asyncio.Semaphore(limit)

    async def run(job):
        async with places:
            await job()
            return await job()

    return await asyncio.gather(*[run(job) for job in jobs])
