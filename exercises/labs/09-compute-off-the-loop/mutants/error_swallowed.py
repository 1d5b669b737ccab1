import asyncio


async def compute(work):
    """A failure becomes a zero."""
    try:
        return await asyncio.get_event_loop().run_in_executor(None, work)
    except Exception:
        return 0
