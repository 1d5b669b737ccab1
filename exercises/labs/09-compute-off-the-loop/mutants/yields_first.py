import asyncio


async def compute(work):
    """Lets the others go on once, and then computes on the loop."""
    await asyncio.sleep(0)
    return work()
