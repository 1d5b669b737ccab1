import threading


async def compute(work):
    """Another thread, and `join` blocks this one."""
    result = []
    thread = threading.Thread(target=lambda: result.append(work()))
    thread.start()
    thread.join()
    return result[0]
