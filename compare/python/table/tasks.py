"""Counts the bytes of a page fetched N times: in asyncio tasks. Usage: tasks.py HOST PORT N."""
import asyncio
import sys

REQUEST = b"GET / HTTP/1.1\r\nHost: loopback\r\nConnection: close\r\n\r\n"


async def fetch(host, port):
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(REQUEST)
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(), timeout=30)
    writer.close()
    await writer.wait_closed()
    return len(answer)


async def main(host, port, n):
    tasks = []
    for _ in range(n):
        tasks.append(asyncio.create_task(fetch(host, port)))
    total = 0
    for task in tasks:
        total += await task
    print(total)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
