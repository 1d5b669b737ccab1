import asyncio


async def gather(jobs, limit):
    """One job after another, under one limit."""

    async def one_after_another():
        return [await job() for job in jobs]

    return await asyncio.wait_for(one_after_another(), limit)
