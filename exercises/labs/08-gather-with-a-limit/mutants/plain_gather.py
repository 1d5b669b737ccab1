import asyncio


async def gather(jobs, limit):
    """What most programs write. When a job fails, asyncio.gather raises, and the other jobs go on."""
    return await asyncio.wait_for(asyncio.gather(*[job() for job in jobs]), limit)
