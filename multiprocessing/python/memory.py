"""Twin of multiprocessing/src/experiments/memory/mod.rs: a variable is changed by a thread, by processes, and in shared memory.

Usage: memory.py BEFORE. Prints one JSON report: what whoever was started saw at first, what it changed the variable to, what the
parent saw then.
"""
import json
import multiprocessing as mp
import queue
import sys
import threading

CHANGED = 2

variable = 0  # a program begins with this


def change(told):
    global variable
    at_first, variable = variable, CHANGED
    told.put((at_first, variable))


def change_shared(value, told):
    at_first, value.value = value.value, CHANGED
    told.put((at_first, value.value))


def run(start, target, args):
    one = start(target=target, args=args)
    one.start()
    said = args[-1].get()
    one.join()
    return said


def by_thread(before):
    global variable
    variable = before
    return run(threading.Thread, change, (queue.Queue(),)) + (variable,)


def by_process(before, method):
    global variable
    variable = before
    context = mp.get_context(method)
    return run(context.Process, change, (context.SimpleQueue(),)) + (variable,)


def by_shared_memory(before):
    value = mp.Value("i", before)
    return run(mp.Process, change_shared, (value, mp.SimpleQueue())) + (value.value,)


def main(before):
    seen = [("thread", "threading.Thread", by_thread(before))]
    for method in mp.get_all_start_methods():
        seen.append(("process." + method, "Process (%s)" % method, by_process(before, method)))
    seen.append(("shared", "Process, Value", by_shared_memory(before)))
    measures = []
    for id, name, values in seen:
        words = [("at_first", "처음 본 값", "saw at first"), ("changed_to", "바꾼 값", "changed it to"),
                 ("after", "그 뒤 부모가 본 값", "the parent saw then")]
        for (what, ko, en), value in zip(words, values):
            measures.append({"id": what + "." + id, "name": {"ko": name + ": " + ko, "en": name + ": " + en},
                             "unit": "count", "samples": [value]})
    print(json.dumps({"experiment": "multiprocessing/memory", "measures": measures}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
