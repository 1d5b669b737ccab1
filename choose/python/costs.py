"""What parallelism costs on this interpreter before it gains anything: imports, pools, passing data. Prints one JSON object.

Times in ns: CPU time, or the best of a few. What is asked is what it costs, not how busy the machine is.
"""
import json
import os
import subprocess
import sys
import time

MIB = 1 << 20


def imports(module):
    """The CPU time of an import in a fresh interpreter."""
    code = "import time; start = time.process_time_ns(); import %s; print(time.process_time_ns() - start)" % module
    return min(int(subprocess.check_output([sys.executable, "-c", code])) for _ in range(2))


def start():
    """A whole interpreter that does nothing, from its start to its end."""
    def once():
        began = time.perf_counter_ns()
        subprocess.check_call([sys.executable, "-c", "pass"])
        return time.perf_counter_ns() - began
    return min(once() for _ in range(4))


def echo(data):
    return data


def nothing(_):
    return None


POOL = """
import sys, time
from concurrent.futures import ProcessPoolExecutor
workers = int(sys.argv[1])
SLEEP = 0.05
began = time.perf_counter_ns()
with ProcessPoolExecutor(workers) as executor:
    list(executor.map(time.sleep, [SLEEP] * workers))
print(int(time.perf_counter_ns() - began - SLEEP * 1e9))
"""


def pool(workers):
    """From the first call to the first results, and the end: a pool of processes by the default start method.

    In a fresh interpreter, since the first pool of a program may start more than its workers: a fork server. The workers sleep, since
    some pools start a worker only when no other is free.
    """
    def once():
        return max(0, int(subprocess.check_output([sys.executable, "-c", POOL, str(workers)])))
    return min(once() for _ in range(3))


def payload():
    """A MiB to a worker, or back."""
    from concurrent.futures import ProcessPoolExecutor
    data = bytes(4 * MIB)
    with ProcessPoolExecutor(1) as executor:
        executor.submit(nothing, None).result()

        def once():
            began = time.perf_counter_ns()
            executor.submit(echo, data).result()
            return (time.perf_counter_ns() - began) // 8
        return min(once() for _ in range(3))


def handoff():
    """A call that lets the GIL go for a moment, while eight threads do nothing else."""
    from threading import Thread
    calls, count = 4000, 8

    def work():
        for _ in range(calls):
            os.stat(os.sep)

    def once():
        threads = [Thread(target=work) for _ in range(count)]
        began = time.perf_counter_ns()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return (time.perf_counter_ns() - began) // (calls * count)
    # Whether they get into each other's way is a matter of chance: the worst is what must be reckoned with.
    return max(once() for _ in range(3))


def interpreters():
    """A sub-interpreter (3.14 and later); 0 where there is none."""
    try:
        from concurrent.futures import InterpreterPoolExecutor
    except ImportError:
        return 0
    began = time.perf_counter_ns()
    with InterpreterPoolExecutor(1) as executor:
        executor.submit(nothing, None).result()
    return time.perf_counter_ns() - began


def main():
    # More workers than cores, or they would start beside each other and seem to cost nothing.
    more = 2 * (os.cpu_count() or 1)
    one, many = pool(1), pool(1 + more)
    print(json.dumps({
        "start": start(),
        "import_threads": imports("concurrent.futures.thread"),
        "import_asyncio": imports("asyncio"),
        "import_processes": imports("concurrent.futures.process"),
        "first_worker": one,
        "next_worker": max(0, many - one) // more,
        "interpreter": interpreters(),
        "mib": payload(),
        "handoff": handoff(),
    }))


if __name__ == "__main__":
    main()
