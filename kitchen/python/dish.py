"""Twin of kitchen/src/dish.rs: a dish and its spans; cutting is computing, simmering is waiting. kitchens.py cooks it."""
import asyncio
import time

CHUNK = 2000  # iterations between two looks at the clock
INTERRUPTED = 1000000  # ns: a chunk that took longer waited for the core or for the GIL


def now():
    return int(time.monotonic() * 1e9)


def chop(turns):
    count = 0
    for i in range(turns):
        count += i


def turns_in(seconds):
    """How many turns of the loop take so long where nobody disturbs."""
    times = []
    for _ in range(200):
        start = time.perf_counter()
        chop(CHUNK)
        times.append(time.perf_counter() - start)
    return max(1, int(seconds * CHUNK / min(times)))


class Dish:
    def __init__(self, number, minute, turns):
        self.number, self.minute, self.turns = number, minute, turns
        self.spans, self.ready_since = [], now()

    def add(self, state, start, end):
        if start < end:
            self.spans.append({"state": state, "start": start, "end": end})

    def cut(self, minutes):
        left, since = minutes * self.turns, now()
        if not self.spans:
            self.add("ready", self.ready_since, since)
        start = since
        while left > 0:
            chop(min(left, CHUNK))
            left -= CHUNK
            end = now()
            if end - start > INTERRUPTED:
                self.add("running", since, start)
                self.add("ready", start, end)
                since = end
            start = end
        self.add("running", since, start)

    def simmer(self, minutes):
        start = now()
        time.sleep(minutes * self.minute)
        self.add("waiting_for_io", start, now())

    async def simmer_async(self, minutes):
        start, due = now(), now() + int(minutes * self.minute * 1e9)
        await asyncio.sleep(minutes * self.minute)
        end = now()
        self.add("waiting_for_io", start, min(due, end))
        self.add("ready", min(due, end), end)


def cook(dish):
    dish.cut(3)
    dish.simmer(4)
    dish.cut(1)


async def cook_async(dish):
    dish.cut(3)
    await dish.simmer_async(4)
    dish.cut(1)


async def stand_by(dish):
    cook(dish)
