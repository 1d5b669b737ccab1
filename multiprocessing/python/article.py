"""Twin of multiprocessing/src/article.rs: five processes that count. Usage: article.py ITERATIONS. Prints one JSON report."""
import json
import multiprocessing as mp
import sys
import time


def now():
    return int(time.monotonic() * 1e9)


# ANCHOR: task
def process_task(name, iterations, told):
    start = now()
    count = 0
    for i in range(iterations):
        count += i
    told.put((name, start, now(), time.process_time() * 1e9))
# ANCHOR_END: task


def lane(name, start, end):
    span = {"state": "running", "start": start, "end": end}
    return {"name": {"ko": f"프로세스 {name}", "en": f"Process {name}"}, "spans": [span]}


def start_method():
    """How the processes of this run are started: a note for the reader."""
    method = mp.get_start_method()
    return {"ko": "프로세스의 시작 방식: " + method, "en": "start method of the processes: " + method}


# ANCHOR: listing
if __name__ == "__main__":
    told = mp.SimpleQueue()
    processes = []
    for i in range(5):
        p = mp.Process(target=process_task, args=(i, int(sys.argv[1]), told))
        processes.append(p)
        p.start()

    for p in processes:
        p.join()
# ANCHOR_END: listing

    said = sorted(told.get() for p in processes if p.exitcode == 0)
    title = {"ko": "multiprocessing.Process", "en": "multiprocessing.Process"}
    name = {"ko": "프로세스 하나의 CPU 시간", "en": "CPU time of a process"}
    cpu = {"id": "cpu", "name": name, "unit": "ns", "samples": [cpu for *_, cpu in said]}
    trace = {"title": title, "lanes": [lane(*times) for *times, _ in said]}
    print(json.dumps({"experiment": "multiprocessing/article", "traces": [trace], "measures": [cpu], "notes": [start_method()]}))
