"""Half of the time computes in Python, half waits."""
import time

from pieces import main


def compute(n):
    total = 0
    for i in range(60_000):
        total += i ^ n
    return total


def piece(n):
    total = 0
    for _ in range(10):
        total += compute(n)
        time.sleep(0.0050)
    return total


async def async_piece(n):
    import asyncio
    total = 0
    for _ in range(10):
        total += compute(n)
        await asyncio.sleep(0.0050)
    return total


if __name__ == "__main__":
    main(piece, async_piece)
