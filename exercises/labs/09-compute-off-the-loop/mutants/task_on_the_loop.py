import asyncio


async def compute(work):
    """A task of its own, on the same thread: the loop stands still all the same."""

    async def task():
        return work()

    return await asyncio.ensure_future(task())
