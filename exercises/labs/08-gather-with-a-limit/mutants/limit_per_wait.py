import asyncio


async def gather(jobs, limit):
    """The limit starts again with every job that ends."""
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    pending = tasks
    try:
        while pending:
            done, pending = await asyncio.wait(pending, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                raise asyncio.TimeoutError()
            for task in done:
                task.result()
        return [task.result() for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
