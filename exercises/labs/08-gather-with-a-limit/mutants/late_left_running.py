import asyncio


async def gather(jobs, limit):
    """Cleans up after a failed job, and not after the time limit."""
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    done, pending = await asyncio.wait(tasks, timeout=limit, return_when=asyncio.FIRST_EXCEPTION)
    try:
        for task in done:
            task.result()
    except Exception:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        raise
    if pending:
        raise asyncio.TimeoutError()
    return [task.result() for task in tasks]
