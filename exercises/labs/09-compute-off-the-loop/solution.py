"""Computing without stalling the event loop."""
import asyncio


async def compute(work):
    """Does the work, while the other tasks of the event loop go on.

    `work` is a function without arguments: a long computation that returns a number or raises.
    """
    # From 3.9 on: `return await asyncio.to_thread(work)`.
    return await asyncio.get_event_loop().run_in_executor(None, work)
