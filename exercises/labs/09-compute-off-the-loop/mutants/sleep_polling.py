import asyncio


async def compute(work):
    """Asks every few milliseconds whether the other thread is done."""
    done = asyncio.get_event_loop().run_in_executor(None, work)
    while not done.done():
        await asyncio.sleep(0.002)
    return done.result()
