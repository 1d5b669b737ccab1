"""The semaphore is held while a job is started, not until it is done."""
import asyncio


async def run_limited(jobs, limit):
    places = asyncio.Semaphore(limit)
    tasks = []
    for job in jobs:
        async with places:
            tasks.append(asyncio.ensure_future(job()))
    return await asyncio.gather(*tasks)
