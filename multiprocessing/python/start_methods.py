"""Twin of multiprocessing/src/experiments/start_methods/mod.rs: what it costs to start a thread, a sub-interpreter and a process.

Usage: start_methods.py ROUNDS ITERATIONS. Prints one JSON report: the time from start to end, the memory of one that waits, and how
many cores two that compute keep busy; and whether a program without the check for `__main__` starts its process. Sub-interpreters
need Python 3.14.
"""
import gc
import importlib.util
import json
import multiprocessing as mp
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time

try:
    from concurrent import interpreters
except ImportError:  # before 3.14
    interpreters = None

WAITING = 4  # so many wait at once when their memory is read

# A program without the check for `__main__`. Where a process starts anew, it runs this to find `idle`, and comes to the start again.
UNGUARDED = """
import multiprocessing
import sys

def idle():
    pass

one = multiprocessing.get_context(sys.argv[1]).Process(target=idle)
one.start()
one.join()
sys.exit(one.exitcode)
"""

# What a sub-interpreter runs: it has modules and functions of its own.
COUNT = """
import time

def count():
    start, cpu, total = time.monotonic(), time.thread_time(), 0
    for i in range(iterations):
        total += i
    told.put((start, time.monotonic(), time.thread_time() - cpu))

count()
"""

# The first of a chain of errors says why; numpy's own, which follows it, is a page long.
IMPORT_NUMPY = """
try:
    import numpy
    told.put("")
except Exception as error:
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__
    told.put(str(error))
"""


# ANCHOR: lives
def idle():
    pass


def thread_life():
    one = threading.Thread(target=idle)
    one.start()
    one.join()


def interpreter_life():
    one = interpreters.create()
    one.exec("pass")
    one.close()


def process_life(context):
    one = context.Process(target=idle)
    one.start()
    one.join()
# ANCHOR_END: lives


def thread_time():
    # `time.thread_time` came with 3.7.
    return time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)


def count(iterations, told):
    start, cpu, total = time.monotonic(), thread_time(), 0
    for i in range(iterations):
        total += i
    told.put((start, time.monotonic(), thread_time() - cpu))


def wait(ready, end):
    ready.send_bytes(b"ready")
    end.recv_bytes()


def private_memory(pid):
    """What a process has written and shares with no other, in bytes; None where the system does not tell."""
    try:
        with open("/proc/%s/smaps_rollup" % pid) as rollup:
            return sum(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Private_Dirty:"))
    except (IOError, OSError):
        return None


def process_memory(context):
    ours, theirs = context.Pipe()
    end, to_end = context.Pipe(duplex=False)
    one = context.Process(target=wait, args=(theirs, end))
    one.start()
    ours.recv_bytes()
    memory = private_memory(one.pid)
    to_end.send_bytes(b"end")
    one.join()
    return memory


def growth(make, close):
    """The memory of one of several, by how much this process grows."""
    gc.collect()
    before = private_memory("self")
    made = [make() for _ in range(WAITING)]
    after = private_memory("self")
    for one in made:
        close(one)
    return None if before is None else max(0, after - before) / WAITING


def waiting_thread():
    end, ready = threading.Event(), threading.Event()

    def body():
        ready.set()
        end.wait()
    one = threading.Thread(target=body)
    one.start()
    ready.wait()
    return one, end


def end_thread(pair):
    pair[1].set()
    pair[0].join()


def used_interpreter():
    one = interpreters.create()
    one.exec("pass")
    return one


def cores(said):
    """How many cores were busy, from when the first began until the last had ended; and how long that was."""
    wall = max(end for _, end, _ in said) - min(start for start, _, _ in said)
    return sum(cpu for _, _, cpu in said) / wall, wall


def by_workers(start, told, iterations):
    two = [start(target=count, args=(iterations, told)) for _ in range(2)]
    for one in two:
        one.start()
    said = [told.get() for _ in two]
    for one in two:
        one.join()
    return cores(said)


def by_interpreters(iterations):
    told = interpreters.create_queue()
    two = [interpreters.create() for _ in range(2)]
    for one in two:
        one.prepare_main(told=told, iterations=iterations)
    threads = [threading.Thread(target=one.exec, args=(COUNT,)) for one in two]
    for thread in threads:
        thread.start()
    said = [told.get() for _ in two]
    for thread in threads:
        thread.join()
    for one in two:
        one.close()
    return cores(said)


def starts_unguarded(method):
    """Whether a program without the check starts its process."""
    folder = tempfile.mkdtemp()
    try:
        path = os.path.join(folder, "unguarded.py")
        with open(path, "w") as script:
            script.write(UNGUARDED)
        return subprocess.call([sys.executable, path, method], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    finally:
        shutil.rmtree(folder)


def timed(work, *args):
    start = time.monotonic()
    work(*args)
    return (time.monotonic() - start) * 1e9


def numpy_note():
    """What happens when a sub-interpreter imports numpy."""
    if importlib.util.find_spec("numpy") is None:
        return {"ko": "numpy가 없어 서브 인터프리터에서 import해 보지 못했습니다", "en": "no numpy here to import in a sub-interpreter"}
    told = interpreters.create_queue()
    one = interpreters.create()
    one.prepare_main(told=told)
    one.exec(IMPORT_NUMPY)
    why = told.get()  # before its sender is closed: an item goes with it
    one.close()
    if not why:
        return {"ko": "서브 인터프리터에서 numpy를 import할 수 있습니다", "en": "a sub-interpreter can import numpy"}
    return {"ko": "서브 인터프리터에서 numpy를 import할 수 없습니다: " + why, "en": "a sub-interpreter cannot import numpy: " + why}


def main(rounds, iterations):
    methods = mp.get_all_start_methods()
    default = mp.get_start_method()
    contexts = [(method, mp.get_context(method)) for method in methods]
    measures, notes = [], []

    def measure(id, ko, en, unit, samples):
        samples = [sample for sample in samples if sample is not None]
        if samples:
            measures.append({"id": id, "name": {"ko": ko, "en": en}, "unit": unit, "samples": samples})

    kinds = [("thread", "스레드", "thread", thread_life, ())]
    if interpreters:
        kinds.append(("interpreter", "서브 인터프리터", "sub-interpreter", interpreter_life, ()))
    kinds += [(method, "프로세스(%s)" % method, "process (%s)" % method, process_life, (context,))
              for method, context in contexts]
    for id, ko, en, life, args in kinds:
        measure("first." + id, ko + ": 처음 하나의 시작에서 끝", en + ": the first, from start to end", "ns", [timed(life, *args)])
    samples = [[] for _ in kinds]
    for _ in range(rounds):
        for row, (_, _, _, life, args) in zip(samples, kinds):
            row.append(timed(life, *args))
    for row, (id, ko, en, _, _) in zip(samples, kinds):
        measure("start." + id, ko + ": 시작에서 끝", en + ": from start to end", "ns", row)

    memory = [("thread", "스레드", "thread", growth(waiting_thread, end_thread))]
    if interpreters:
        memory.append(("interpreter", "서브 인터프리터", "sub-interpreter", growth(used_interpreter, lambda one: one.close())))
    memory += [(method, "프로세스(%s)" % method, "process (%s)" % method, process_memory(context)) for method, context in contexts]
    for id, ko, en, used in memory:
        measure("memory." + id, ko + ": 메모리", en + ": memory", "bytes", [used])

    busy = [("thread", "스레드 둘", "two threads", by_workers(threading.Thread, queue.Queue(), iterations))]
    if interpreters:
        busy.append(("interpreter", "서브 인터프리터 둘", "two sub-interpreters", by_interpreters(iterations)))
        notes.append(numpy_note())
    busy += [(method, "프로세스 둘(%s)" % method, "two processes (%s)" % method,
              by_workers(context.Process, context.SimpleQueue(), iterations)) for method, context in contexts]
    for id, ko, en, (used, wall) in busy:
        measure("cores." + id, ko + ": 쓴 코어", en + ": cores busy", "times", [used])
        measure("wall." + id, ko + ": 걸린 시간", en + ": wall time", "ns", [wall * 1e9])
    for method in methods:
        measure("unguarded." + method, "__main__ 검사 없이 시작된 프로세스(%s)" % method, "processes started without the check for __main__ (%s)" % method,
                "count", [int(starts_unguarded(method))])
    measure("default." + default, "기본 시작 방식: " + default, "default start method: " + default, "count", [1])
    print(json.dumps({"experiment": "multiprocessing/start-methods", "measures": measures, "notes": notes}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
