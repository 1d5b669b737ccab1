"""Twin of threading/src/experiments/one_core/mod.rs: threads that wait and compute, and processes that compute, on one core and on all.

Usage: one_core.py WORKERS TURNS ROUNDS WAIT. Prints one JSON report. Without os.sched_setaffinity it measures all cores only.
"""
import json
import multiprocessing as mp
import os
import queue
import sys
import threading
import time


def now():
    return int(time.monotonic() * 1e9)


def thread_cpu():
    if hasattr(time, "thread_time"):  # since 3.7
        return time.thread_time()
    return time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)


def bind(core):
    """This thread, and whatever it starts, may use this core only."""
    if core is not None:
        os.sched_setaffinity(0, {core})


def wait(core, barrier, seconds, told):
    bind(core)
    barrier.wait()
    start = now()
    time.sleep(seconds)
    told.put((start, now()))


def count(core, barrier, turns, told):
    bind(core)
    if barrier:
        barrier.wait()
    cpu, start = thread_cpu(), now()
    total = 0
    for i in range(turns):
        total += i
    told.put((start, now(), (thread_cpu() - cpu) * 1e9))


def together(start, barrier, told, work, workers, core, amount):
    """Starts the workers, who begin at the same time, and returns what they told."""
    running = [start(target=work, args=(core, barrier, amount, told)) for _ in range(workers)]
    for one in running:
        one.start()
    said = [told.get() for _ in running]
    for one in running:
        one.join()
    return said


def threads(work, workers, core, amount):
    return together(threading.Thread, threading.Barrier(workers), queue.Queue(), work, workers, core, amount)


def processes(work, workers, core, amount):
    return together(mp.Process, mp.Barrier(workers), mp.SimpleQueue(), work, workers, core, amount)


def sequence(workers, core, turns):
    """In one thread, which is bound and ends: nobody else is bound."""
    told = queue.Queue()

    def one_after_another():
        bind(core)
        for _ in range(workers):
            count(None, None, turns, told)

    thread = threading.Thread(target=one_after_another)
    thread.start()
    thread.join()
    return [told.get() for _ in range(workers)]


def wall(said):
    # A clock may be too coarse for a few turns.
    return max(1, max(end for _, end, *_ in said) - min(start for start, *_ in said))


def main(workers, turns, rounds, seconds):
    core = max(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else None
    places = [("all", "모든 코어", "all cores", None)]
    if core is not None:
        places.insert(0, ("one", "코어 하나", "one core", core))
    measures, traces = [], []
    for place, ko, en, core in places:
        said = threads(wait, workers, core, seconds)
        lanes = [{"name": {"ko": "스레드 %d" % n, "en": "Thread %d" % n},
                  "spans": [{"state": "waiting_for_io", "start": start, "end": end}]} for n, (start, end) in enumerate(said)]
        traces.append({"title": {"ko": ko + ", 기다림", "en": en + ", waiting"}, "lanes": lanes})
        for who, who_ko, technique in (("threads", "스레드", threads), ("processes", "프로세스", processes)):
            cores, speeds, walls = [], [], []
            for _ in range(rounds):
                before = wall(sequence(workers, core, turns))
                said = technique(count, workers, core, turns)
                walls.append(wall(said))
                speeds.append(before / walls[-1])
                cores.append(sum(cpu for *_, cpu in said) / walls[-1])
            name = {"ko": "%s, %s: " % (ko, who_ko), "en": "%s, %s: " % (en, who)}
            for id, unit, samples, words in (("cores", "times", cores, ("쓴 코어 수(평균)", "cores kept busy")),
                                             ("speed", "times", speeds, ("순차 실행 대비 속도", "speed against the sequence")),
                                             ("wall", "ns", walls, ("걸린 시간", "wall time"))):
                measures.append({"id": "%s.%s.%s" % (id, who, place), "unit": unit, "samples": samples,
                                 "name": {"ko": name["ko"] + words[0], "en": name["en"] + words[1]}})
    notes = [start_method()]
    if len(places) == 1:
        notes.append({"ko": "코어 하나: 측정하지 않음: os.sched_setaffinity가 없습니다",
                      "en": "one core: not measured: there is no os.sched_setaffinity"})
    print(json.dumps({"experiment": "threading/one-core", "traces": traces, "measures": measures, "notes": notes}))


def start_method():
    """How the processes of this run are started: a note for the reader."""
    method = mp.get_start_method()
    return {"ko": "프로세스의 시작 방식: " + method, "en": "start method of the processes: " + method}


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
