import asyncio
import time


async def gather(jobs, limit):
    """Sleeps and looks, instead of waiting for what happens."""
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    until = time.monotonic() + limit
    try:
        while True:
            await asyncio.sleep(0.01)
            for task in tasks:
                if task.done():
                    task.result()
            if all(task.done() for task in tasks):
                return [task.result() for task in tasks]
            if time.monotonic() >= until:
                raise asyncio.TimeoutError()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
