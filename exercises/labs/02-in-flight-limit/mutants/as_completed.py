"""The results in the order in which the jobs were done."""
import asyncio


async def run_limited(jobs, limit):
    places = asyncio.Semaphore(limit)

    async def run(job):
        async with places:
            return await job()

    return [await done for done in asyncio.as_completed([run(job) for job in jobs])]
