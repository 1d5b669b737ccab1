"""Each piece waits, computes, and waits again, all pieces at the same time."""
import time

from pieces import main


def compute(n):
    total = 0
    for i in range(600_000):
        total += i ^ n
    return total


def piece(n):
    time.sleep(0.06)
    total = compute(n)
    time.sleep(0.06)
    return total


async def async_piece(n):
    import asyncio
    await asyncio.sleep(0.06)
    total = compute(n)
    await asyncio.sleep(0.06)
    return total


if __name__ == "__main__":
    main(piece, async_piece)
