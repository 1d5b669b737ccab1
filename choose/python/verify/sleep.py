"""Waiting for a time."""
import time

from pieces import main


def piece(n):
    time.sleep(0.12)
    return n


async def async_piece(n):
    import asyncio
    await asyncio.sleep(0.12)
    return n


if __name__ == "__main__":
    main(piece, async_piece)
