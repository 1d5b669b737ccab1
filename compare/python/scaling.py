"""Twin of compare/src/experiments/scaling/series.rs: one curve on CPython, in a process of its own.

Usage: scaling.py WORK OVER TECHNIQUE POINTS ITERATIONS WAIT LIMIT. WORK is cpu or waiting, OVER workers or tasks, TECHNIQUE threads,
processes or asyncio; POINTS are numbers of workers or tasks: 1,2,4. ITERATIONS are those of all workers together, or of one task;
WAIT and LIMIT are seconds. Prints one JSON report with the wall, busy and CPU time of each point. A point that is expected to take
longer than LIMIT is left out, and a note says so.
"""
import asyncio
import json
import multiprocessing
import sys
import threading
import time

WAITS = 3


def count(iterations):
    total = 0
    for i in range(iterations):
        total += i
    return total


class Load:
    """What one worker or one task does; a class, so that it can be sent to a process that was not forked."""

    def __init__(self, work, amount, wait):
        self.work, self.amount, self.wait = work, amount, wait

    def expected(self):
        return self.amount * (self.amount - 1) // 2 if self.work == "cpu" else self.amount

    def run(self):
        """The check and the seconds that it took."""
        start = time.monotonic()
        if self.work == "cpu":
            check = count(self.amount)
        else:
            check = self.amount
            for _ in range(self.amount):
                time.sleep(self.wait)
        return check, time.monotonic() - start

    async def run_as_task(self):
        if self.work == "cpu":
            return self.run()
        start = time.monotonic()
        for _ in range(self.amount):
            await asyncio.sleep(self.wait)
        return self.amount, time.monotonic() - start


def loads(work, over, n, iterations, wait):
    """What each of n does. The first ones take what is left over."""
    if work == "cpu" and over == "workers":
        return [Load(work, iterations // n + (i < iterations % n), wait) for i in range(n)]
    amount = iterations if work == "cpu" else WAITS if over == "workers" else 1
    return [Load(work, amount, wait) for _ in range(n)]


def threads(all):
    done = [None] * len(all)

    def unit(i):
        done[i] = all[i].run()

    running = [threading.Thread(target=unit, args=(i,)) for i in range(len(all))]
    started = []
    try:
        for thread in running:
            thread.start()
            started.append(thread)
    finally:
        for thread in started:
            thread.join()
    return done, 0


def tasks(all):
    async def main():
        return await asyncio.gather(*[load.run_as_task() for load in all])

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(main()), 0
    finally:
        loop.close()


def unit_in_process(load, i, said):
    done = load.run()
    said.put((i, done, time.process_time()))


def processes(all):
    said = multiprocessing.SimpleQueue()
    running = [multiprocessing.Process(target=unit_in_process, args=(load, i, said)) for i, load in enumerate(all)]
    for process in running:
        process.start()
    children = []
    while len(children) < len(all):
        # A process that died says nothing: do not wait for it for ever.
        if said.empty() and not any(process.is_alive() for process in running) and said.empty():
            sys.exit("a process died")
        if said.empty():
            time.sleep(0.0002)
        else:
            children.append(said.get())
    for process in running:
        process.join()
    children.sort()
    return [done for _, done, _ in children], sum(cpu for _, _, cpu in children)


def own_time(work, over, wait, n, wall):
    """The seconds that a point took beside its waiting, for each worker or task: what more of them multiply."""
    if work == "cpu" and over == "workers":
        return 0
    own = wall if work == "cpu" else wall - wait * (WAITS if over == "workers" else 1)
    return max(own, 0) / n


def main():
    work, over, technique = sys.argv[1:4]
    points = [int(n) for n in sys.argv[4].split(",")]
    iterations, wait, limit = int(sys.argv[5]), float(sys.argv[6]), float(sys.argv[7])
    run = {"threads": threads, "processes": processes, "asyncio": tasks}[technique]
    # The least that one more cost at the points so far: a disturbed point must not end the curve.
    samples, notes, each = [], [], None
    for n in points:
        if each is not None and each * n > limit:
            notes.append({"ko": "%.2f초보다 오래 걸릴 것입니다" % limit, "en": "it would take longer than %.2f s" % limit})
            break
        all = loads(work, over, n, iterations, wait)
        wall, cpu = time.monotonic(), time.process_time()
        try:
            done, children = run(all)
        except (OSError, RuntimeError, MemoryError) as why:
            if each is None:
                raise
            notes.append({"ko": "시작할 수 없습니다: %s" % why, "en": "cannot be started: %s" % why})
            break
        wall, cpu = time.monotonic() - wall, time.process_time() - cpu
        if None in done or any(check != load.expected() for (check, _), load in zip(done, all)):
            sys.exit("the results of %d are wrong" % n)
        own = own_time(work, over, wait, n, wall)
        each = own if each is None else min(each, own)
        samples += [("wall.%d" % n, wall), ("cpu.%d" % n, cpu + children)]
        samples.append(("busy.%d" % n, sum(busy for _, busy in done) / n))
    print(json.dumps({"experiment": "compare/scaling-series", "notes": notes, "measures": [
        {"id": name, "name": {"ko": name, "en": name}, "unit": "ns", "samples": [value * 1e9]} for name, value in samples]}))


if __name__ == "__main__":
    main()
