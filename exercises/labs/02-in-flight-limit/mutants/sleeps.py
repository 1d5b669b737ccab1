"""Starts `limit` jobs and sleeps for as long as they should need, instead of waiting until one is done."""
import asyncio


async def run_limited(jobs, limit):
    tasks = []
    for i, job in enumerate(jobs):
        if i and i % limit == 0:
            await asyncio.sleep(0.05)
        tasks.append(asyncio.ensure_future(job()))
    return await asyncio.gather(*tasks)
