"""Twin of asyncio/src/experiments/cancel/mod.rs: transfers whose caller stops waiting, and messages in two halves
read together with ticks.

Usage: cancel.py SECONDS MESSAGES EVERY. Prints one JSON report: the final balances, and the messages that were received.
"""
import asyncio
import json
import sys

timeout, messages, every = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
AMOUNT = 100

# asyncio.run and create_task are missing before 3.7.
run = getattr(asyncio, "run", None) or asyncio.get_event_loop().run_until_complete
spawn = asyncio.ensure_future


async def half_done(accounts, confirmation):
    accounts["from"] -= AMOUNT
    await confirmation.wait()
    accounts["to"] += AMOUNT


async def guarded(accounts, confirmation):
    accounts["from"] -= AMOUNT
    deposited = False
    try:
        await confirmation.wait()
        accounts["to"] += AMOUNT
        deposited = True
    finally:  # CancelledError is raised at the await
        if not deposited:
            accounts["from"] += AMOUNT


async def await_first(accounts, confirmation):
    await confirmation.wait()
    accounts["from"] -= AMOUNT
    accounts["to"] += AMOUNT


async def own_task(accounts, confirmation):
    await asyncio.shield(spawn(half_done(accounts, confirmation)))


async def run_with_timeout(transfer):
    accounts, confirmation = {"from": AMOUNT, "to": 0}, asyncio.Event()
    try:
        await asyncio.wait_for(transfer(accounts, confirmation), timeout)
    except asyncio.TimeoutError:
        pass
    await asyncio.sleep(timeout)
    confirmation.set()
    await asyncio.sleep(0.01)  # time for transfers that still run to receive the confirmation
    return accounts


async def whole(halves):
    first = await halves.get()
    second = await halves.get()
    return first, second


async def dropped(halves, ticks, got):
    """Cancels the read at every tick, which loses the half that it held."""
    while True:
        message, tick = spawn(whole(halves)), spawn(ticks.get())
        await asyncio.wait([message, tick], return_when=asyncio.FIRST_COMPLETED)
        if message.done():
            got.append(message.result())
        for task in (message, tick):
            task.cancel()
        await asyncio.wait([message, tick])


async def resumed(halves, ticks, got):
    """Continues the same read after a tick."""
    message = spawn(whole(halves))
    while True:
        tick = spawn(ticks.get())
        await asyncio.wait([message, tick], return_when=asyncio.FIRST_COMPLETED)
        if message.done():
            got.append(message.result())
            message = spawn(whole(halves))
        tick.cancel()
        await asyncio.wait([tick])


async def outside(halves, ticks, got):
    """Keeps the first half outside the read; a single get that is cancelled has taken nothing."""
    first = []
    while True:
        half, tick = spawn(halves.get()), spawn(ticks.get())
        await asyncio.wait([half, tick], return_when=asyncio.FIRST_COMPLETED)
        if half.done():
            first.append(half.result())
            if len(first) == 2:
                got.append(tuple(first))
                first.clear()
        for task in (half, tick):
            task.cancel()
        await asyncio.wait([half, tick])


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


async def send_through(reader):
    halves, ticks, got = asyncio.Queue(), asyncio.Queue(), []
    reading = spawn(reader(halves, ticks, got))
    for n in range(1, messages + 1):
        halves.put_nowait(n)
        await settle()
        if n % every == 0:
            ticks.put_nowait(None)
            await settle()
        halves.put_nowait(n)
        await settle()
    reading.cancel()
    await asyncio.wait([reading])
    return got


measures = []


def measure(id, ko, en, value):
    measures.append({"id": id, "name": {"ko": ko, "en": en}, "unit": "count", "samples": [value]})


for transfer in (half_done, guarded, await_first, own_task):
    accounts = run(run_with_timeout(transfer))
    name = transfer.__name__
    measure(name + ".from", name + ": 보내는 계좌", name + ": the sender's account", accounts["from"])
    measure(name + ".to", name + ": 받는 계좌", name + ": the receiver's account", accounts["to"])

for reader in (dropped, resumed, outside):
    got = run(send_through(reader))
    name, entire = reader.__name__, sum(1 for first, second in got if first == second)
    measure(name + ".sent", name + ": 보낸 메시지", name + ": messages sent", messages)
    measure(name + ".whole", name + ": 온전히 받은 메시지", name + ": messages received whole", entire)
    measure(name + ".torn", name + ": 잘못 합쳐진 메시지", name + ": messages mixed up", len(got) - entire)

print(json.dumps({"experiment": "asyncio/cancel", "measures": measures}))
