"""Twin of asyncio/src/experiments/runtimes/microbench: two tasks that yield, a message through queues, a TCP echo. Usage: runtimes.py TIMES ROUNDS.

Prints one JSON report: the wall time and the CPU time of one operation, one sample per round.
"""
import asyncio
import json
import sys
import time

TIMES, ROUNDS = int(sys.argv[1]), int(sys.argv[2])
MESSAGE = b"\x07" * 8

# asyncio.run and create_task are missing before 3.7.
run = getattr(asyncio, "run", None) or asyncio.get_event_loop().run_until_complete
spawn = asyncio.ensure_future


async def yields():
    async def turns():
        for _ in range(TIMES):
            await asyncio.sleep(0)

    await asyncio.gather(turns(), turns())


async def channel():
    there, back = asyncio.Queue(1), asyncio.Queue(1)

    async def peer():
        for _ in range(TIMES):
            await back.put(await there.get())

    answering = spawn(peer())
    for n in range(TIMES):
        await there.put(n)
        assert await back.get() == n
    await answering


async def echo():
    ended = asyncio.Event()

    async def answer(reader, writer):
        try:
            while True:
                writer.write(await reader.readexactly(len(MESSAGE)))
        except asyncio.IncompleteReadError:
            writer.close()
            ended.set()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    for _ in range(TIMES):
        writer.write(MESSAGE)
        assert await reader.readexactly(len(MESSAGE)) == MESSAGE
    writer.close()
    await ended.wait()
    server.close()
    await server.wait_closed()


async def clocked(operation):
    wall, cpu = time.monotonic(), time.process_time()
    await operation()
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    return wall * 1e9 / TIMES, cpu * 1e9 / TIMES


measures = []
for id, operation, ko, en in (("yield", yields, "양보", "yield"), ("channel", channel, "채널 왕복", "channel round trip"),
                           ("echo", echo, "TCP 에코", "TCP echo")):
    took = [run(clocked(operation)) for _ in range(ROUNDS)]
    for what, samples in (("wall", [wall for wall, _ in took]), ("cpu", [cpu for _, cpu in took])):
        measures.append({"id": what + "." + id, "name": {"ko": ko + ": " + what, "en": en + ": " + what},
                         "unit": "ns", "samples": samples})
print(json.dumps({"experiment": "asyncio/runtimes", "measures": measures}))
