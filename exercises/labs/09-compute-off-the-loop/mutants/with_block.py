import asyncio
from concurrent.futures import ThreadPoolExecutor


async def compute(work):
    """The end of the `with` block waits for the pool on the loop's thread, before the await."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        done = asyncio.get_event_loop().run_in_executor(pool, work)
    return await done
