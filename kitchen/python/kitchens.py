"""Twin of kitchen/src/kitchens.rs: the kitchens as threads, tasks and processes of Python. The knife is the interpreter's own GIL.

Usage: kitchens.py KITCHEN DISHES MINUTE, with KITCHEN as in --kitchen of the Rust program, or table. Prints one JSON report.
"""
import asyncio
import json
import multiprocessing as mp
import sys
import threading

from dish import Dish, cook, cook_async, now, stand_by, turns_in


def waits(dishes):
    for dish in dishes:
        cook(dish)


def run_loop(tasks):
    async def together():
        await asyncio.gather(*tasks)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(together())
    loop.close()


def switches(dishes):
    run_loop([cook_async(dish) for dish in dishes])


def blocks(dishes):
    run_loop([stand_by(dish) if dish.number == 2 else cook_async(dish) for dish in dishes])


def a_cook_each(dishes, work):
    cooks = [threading.Thread(target=work, args=(dish,)) for dish in dishes]
    for one in cooks:
        one.start()
    for one in cooks:
        one.join()


def several(dishes):
    a_cook_each(dishes, cook)


def one_stove(dishes):
    stove = threading.Lock()

    def work(dish):
        dish.cut(3)
        start = now()
        with stove:
            dish.add("waiting_for_lock", start, now())
            dish.simmer(4)
        dish.cut(1)
    a_cook_each(dishes, work)


def in_process(dish, barrier, told):
    barrier.wait()
    dish.ready_since = now()  # the start of the process is not a part of the cooking
    cook(dish)
    told.put((dish.number, dish.spans))


def processes(dishes):
    barrier, told = mp.Barrier(len(dishes)), mp.SimpleQueue()
    cooks = [mp.Process(target=in_process, args=(dish, barrier, told)) for dish in dishes]
    for one in cooks:
        one.start()
    for _ in cooks:
        number, spans = told.get()
        dishes[number - 1].spans = spans
    for one in cooks:
        one.join()


# By the word of --kitchen: the programs, with the names of their cooks.
KITCHENS = [("waits", waits, "한 요리사, 기다림", "one cook, waits (sequence)"),
            ("switches", switches, "한 요리사, 번갈아 (asyncio)", "one cook, switches (asyncio)"),
            ("several", processes, "여러 요리사 (프로세스)", "several cooks (processes)"),
            ("one-stove", one_stove, "여러 요리사, 화구 하나 (threading.Lock)", "several cooks, one stove (threading.Lock)"),
            ("one-knife", several, "여러 요리사 (스레드)", "several cooks (threads)"),
            ("blocks", blocks, "한 요리사, 요리 2가 루프를 막음 (time.sleep)", "one cook, dish 2 blocks the loop (time.sleep)")]
TABLE = ("switches", "several", "one-knife")


def main(chosen, number, minute):
    turns = turns_in(minute)
    traces, measures = [], []
    for word, program, ko, en in KITCHENS:
        if chosen not in ("all", word) and not (chosen == "table" and word in TABLE):
            continue
        dishes = [Dish(n + 1, minute, turns) for n in range(number)]
        program(dishes)
        lanes = [{"name": {"ko": "요리 %d" % dish.number, "en": "Dish %d" % dish.number}, "spans": dish.spans} for dish in dishes]
        spans = [span for dish in dishes for span in dish.spans]
        makespan = max([span["end"] for span in spans] or [0]) - min([span["start"] for span in spans] or [0])
        traces.append({"title": {"ko": ko, "en": en}, "lanes": lanes})
        measures.append({"id": "makespan." + word, "unit": "ns", "samples": [makespan],
                         "name": {"ko": ko + ": 모두 끝날 때까지", "en": en + ": until all are done"}})
    print(json.dumps({"experiment": "kitchen/" + ("table" if chosen == "table" else "cooks"), "traces": traces, "measures": measures, "notes": [start_method()]}))


def start_method():
    """How the processes of this run are started: a note for the reader."""
    method = mp.get_start_method()
    return {"ko": "프로세스의 시작 방식: " + method, "en": "start method of the processes: " + method}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
