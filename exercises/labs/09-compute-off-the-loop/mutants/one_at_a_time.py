import asyncio
from concurrent.futures import ThreadPoolExecutor

POOL = ThreadPoolExecutor(max_workers=1)


async def compute(work):
    """A second computation waits for the first."""
    return await asyncio.get_event_loop().run_in_executor(POOL, work)
