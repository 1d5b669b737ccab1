import asyncio


async def gather(jobs, limit):
    """Asks the other tasks to end, and returns before they have."""
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    try:
        done, pending = await asyncio.wait(tasks, timeout=limit, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
        if pending:
            raise asyncio.TimeoutError()
        return [task.result() for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
