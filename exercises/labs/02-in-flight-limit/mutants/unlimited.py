"""All at once: the limit is not used."""
import asyncio


async def run_limited(jobs, limit):
    return await asyncio.gather(*[job() for job in jobs])
