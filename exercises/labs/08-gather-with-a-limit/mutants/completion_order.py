import asyncio


async def gather(jobs, limit):
    """Results in the order in which the jobs end."""
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    try:
        return [await ended for ended in asyncio.as_completed(tasks, timeout=limit)]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
