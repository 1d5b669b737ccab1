import asyncio


async def compute(work):
    """Asks all the time whether the other thread is done."""
    done = asyncio.get_event_loop().run_in_executor(None, work)
    while not done.done():
        await asyncio.sleep(0)
    return done.result()
