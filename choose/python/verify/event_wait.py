"""Waits with a timeout for what nobody sets: a futex, and a timer all the same."""
import threading

from pieces import main


def piece(n):
    event = threading.Event()
    for _ in range(4):
        event.wait(0.03)
    return n


async def async_piece(n):
    import asyncio
    for _ in range(4):
        await asyncio.sleep(0.03)
    return n


if __name__ == "__main__":
    main(piece, async_piece)
