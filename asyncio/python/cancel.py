"""Twin of asyncio/src/experiments/cancel/mod.rs: transfers that nobody waits for any longer, and messages in two halves beside a clock.

Usage: cancel.py SECONDS MESSAGES EVERY. Prints one JSON report: what is in the accounts, what was received.
"""
import asyncio
import json
import sys

patience, messages, every = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
AMOUNT = 100

# asyncio.run and create_task came with 3.7.
run = getattr(asyncio, "run", None) or asyncio.get_event_loop().run_until_complete
spawn = asyncio.ensure_future


async def half_done(accounts, word):
    accounts["from"] -= AMOUNT
    await word.wait()
    accounts["to"] += AMOUNT


async def guarded(accounts, word):
    accounts["from"] -= AMOUNT
    given = False
    try:
        await word.wait()
        accounts["to"] += AMOUNT
        given = True
    finally:  # CancelledError is raised at the await
        if not given:
            accounts["from"] += AMOUNT


async def await_first(accounts, word):
    await word.wait()
    accounts["from"] -= AMOUNT
    accounts["to"] += AMOUNT


async def own_task(accounts, word):
    await asyncio.shield(spawn(half_done(accounts, word)))


async def given_up(transfer):
    accounts, word = {"from": AMOUNT, "to": 0}, asyncio.Event()
    try:
        await asyncio.wait_for(transfer(accounts, word), patience)
    except asyncio.TimeoutError:
        pass
    await asyncio.sleep(patience)
    word.set()
    await asyncio.sleep(0.01)  # whoever still waits for the word has it now
    return accounts


async def whole(halves):
    first = await halves.get()
    second = await halves.get()
    return first, second


async def dropped(halves, ticks, got):
    """Cancels the reading at every tick, and with it the half that it held."""
    while True:
        message, tick = spawn(whole(halves)), spawn(ticks.get())
        await asyncio.wait([message, tick], return_when=asyncio.FIRST_COMPLETED)
        if message.done():
            got.append(message.result())
        for task in (message, tick):
            task.cancel()
        await asyncio.wait([message, tick])


async def resumed(halves, ticks, got):
    """The same reading goes on after a tick."""
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
    """What has come stands outside; a single get that is cancelled has taken nothing."""
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


async def through(reader):
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
    accounts = run(given_up(transfer))
    name = transfer.__name__
    measure(name + ".from", name + ": 보내는 계좌", name + ": the sender's account", accounts["from"])
    measure(name + ".to", name + ": 받는 계좌", name + ": the receiver's account", accounts["to"])

for reader in (dropped, resumed, outside):
    got = run(through(reader))
    name, entire = reader.__name__, sum(1 for first, second in got if first == second)
    measure(name + ".sent", name + ": 보낸 메시지", name + ": messages sent", messages)
    measure(name + ".whole", name + ": 온전히 받음", name + ": received whole", entire)
    measure(name + ".torn", name + ": 잘못 이어짐", name + ": put together wrongly", len(got) - entire)

print(json.dumps({"experiment": "asyncio/cancel", "measures": measures}))
