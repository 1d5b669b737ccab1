import asyncio


async def gather(jobs, limit):
    """Everything is right except that the values are those of the example in the task."""
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    try:
        done, pending = await asyncio.wait(tasks, timeout=limit, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
        if pending:
            raise asyncio.TimeoutError()
        return [10, 20, 30, 40, 50]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
