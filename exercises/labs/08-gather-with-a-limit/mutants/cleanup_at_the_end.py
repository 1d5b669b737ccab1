import asyncio


async def gather(jobs, limit):
    """Ends every task on its last lines, which a cancelled function never reaches."""
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    done, pending = await asyncio.wait(tasks, timeout=limit, return_when=asyncio.FIRST_EXCEPTION)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()
    if pending:
        raise asyncio.TimeoutError()
    return [task.result() for task in tasks]
