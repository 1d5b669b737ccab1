"""Twin of multiprocessing/src/experiments/pool_failures.rs: what CPython's pools do when a worker is killed.

Usage: pool_failures.py IDLE BUSY SECONDS, the number of trials of each kind and a time limit. Prints one JSON report.

multiprocessing.Pool: an idle worker waits while it holds the lock of the queue that all workers share. If it is killed there, the lock
is never released and no worker gets another task. If a worker is killed during a task, the result never comes.
"""
import json
import multiprocessing as mp
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as Late

TASKS = 8
SLOW = 0.1


def square(n):
    return n * n


def slow(n):
    time.sleep(SLOW)
    return n * n


class Pool:
    def __init__(self):
        self.pool = mp.Pool(2)

    def submit(self, work, n):
        return self.pool.apply_async(work, (n,))

    def pids(self):
        return [worker.pid for worker in self.pool._pool]

    @staticmethod
    def get(result, seconds):
        return result.get(seconds)


class Executor:
    def __init__(self):
        self.pool = ProcessPoolExecutor(2)

    def submit(self, work, n):
        return self.pool.submit(work, n)

    def pids(self):
        return list(self.pool._processes)

    @staticmethod
    def get(result, seconds):
        return result.result(seconds)


def outcomes(pool, submit, seconds):
    """How many results came, how many failed, how many never came (within the limit)."""
    came, failed, never = 0, 0, 0
    try:
        results = [submit(n) for n in range(TASKS)]
    except Exception:
        return 0, TASKS, 0  # a broken executor takes no more tasks
    deadline = time.monotonic() + seconds
    for n, result in enumerate(results):
        try:
            assert pool.get(result, max(0.01, deadline - time.monotonic())) == n * n
            came += 1
        except (mp.TimeoutError, Late):
            never += 1
        except Exception:
            failed += 1
    return came, failed, never


def trial(kind, moment, seconds):
    pool = {"pool": Pool, "executor": Executor}[kind]()
    for n in range(10):
        pool.get(pool.submit(square, n), 10)
    pids = pool.pids()
    if moment == "idle":
        time.sleep(0.05)
        os.kill(pids[0], signal.SIGKILL)
        time.sleep(0.05)
        counts = outcomes(pool, lambda n: pool.submit(square, n), seconds)
    else:
        first = []

        def submit(n):
            result = pool.submit(slow, n)
            first.append(result)
            if len(first) == TASKS:
                time.sleep(SLOW / 2)
                os.kill(pids[0], signal.SIGKILL)
            return result

        counts = outcomes(pool, submit, seconds + SLOW * TASKS)
    print(json.dumps(counts), flush=True)
    # A pool that hangs cannot be closed either: it ends here and now, with all its workers.
    for pid in set(pids) | set(pool.pids() or []):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    os._exit(0)


def measure(kind, moment, what, samples):
    name = {
        "came": {"ko": "도착한 결과", "en": "results that came"},
        "failed": {"ko": "실패한 작업", "en": "tasks that failed"},
        "never": {"ko": "끝내 도착하지 않은 결과", "en": "results that never came"},
    }[what]
    moment_name = {"idle": {"ko": "쉬는 워커", "en": "idle worker"}, "busy": {"ko": "작업 중인 워커", "en": "busy worker"}}[moment]
    kinds = {"pool": "multiprocessing.Pool", "executor": "ProcessPoolExecutor"}
    full = {lang: f"{kinds[kind]}, {moment_name[lang]} kill -9: {name[lang]}" for lang in name}
    return {"id": f"{kind}.{moment}.{what}", "name": full, "unit": "count", "samples": samples}


def together(command, times):
    """Trials beside each other, as they mostly wait; what each has counted."""
    trials = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for _ in range(times)]
    try:
        return [json.loads(trial.communicate(timeout=110)[0].splitlines()[0]) for trial in trials]
    finally:
        for trial in trials:
            trial.kill()


def main():
    idle, busy, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    out = []
    for kind in ("pool", "executor"):
        for moment, times in (("idle", idle), ("busy", busy)):
            counts = together([sys.executable, __file__, "trial", kind, moment, str(seconds)], times)
            for what, samples in zip(("came", "failed", "never"), zip(*counts)):
                out.append(measure(kind, moment, what, list(samples)))
    print(json.dumps({"experiment": "multiprocessing/pool-failures", "measures": out, "notes": [start_method()]}))


def start_method():
    """How the processes of this run are started: a note for the reader."""
    method = mp.get_start_method()
    return {"ko": "프로세스의 시작 방식: " + method, "en": "start method of the processes: " + method}


if __name__ == "__main__":
    if sys.argv[1] == "trial":
        trial(sys.argv[2], sys.argv[3], float(sys.argv[4]))
    else:
        main()
