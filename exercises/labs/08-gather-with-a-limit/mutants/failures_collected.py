import asyncio


async def gather(jobs, limit):
    """`return_exceptions=True`: a failure is only seen after every other job has ended."""
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    try:
        values = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), limit)
        for value in values:
            if isinstance(value, BaseException):
                raise value
        return values
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
