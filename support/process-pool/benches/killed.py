"""A pool of CPython's world with 20 tasks. Usage: killed.py KIND LOG.

KIND: pool, executor, loky, joblib, pebble. Each task writes "TASK PID" to LOG when it begins, so that `killed.rs` can kill the
worker of one. Prints "version TEXT" (or "missing WHY"), then "result TASK" or "error TASK WHY" for each outcome ("error ? WHY" if the error belongs
to no task), "hang" if none comes for 30 s, and "usable" if the pool still computes.
"""
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import Pool
from platform import python_version

TASKS = 20
VICTIM = 7
HANG = 30


def work(argument):
    task, log = argument
    file = os.open(log, os.O_WRONLY | os.O_APPEND)
    os.write(file, b"%d %d\n" % (task, os.getpid()))
    os.close(file)
    time.sleep(1.0 if task == VICTIM else 0.1)
    return task


def tell(*words):
    print(*words, flush=True)


def error(task, e):
    tell("error", task, type(e).__name__)


def by_pool(arguments):
    """apply_async, as imap_unordered cannot go on after a task that is lost."""
    with Pool(2) as pool:
        waiting = {argument[0]: pool.apply_async(work, (argument,)) for argument in arguments}
        last = time.monotonic()
        while waiting and time.monotonic() - last < HANG:
            for task in [task for task, result in waiting.items() if result.ready()]:
                tell("result", waiting.pop(task).get())
                last = time.monotonic()
            time.sleep(0.001)
        if waiting:
            tell("hang")
        if pool.apply_async(work, ((TASKS, arguments[0][1]),)).get(HANG) == TASKS:
            tell("usable")


def by_futures(submit, arguments):
    futures = {submit(argument): argument[0] for argument in arguments}
    for future in as_completed(futures):
        try:
            tell("result", future.result())
        except Exception as e:
            error(futures[future], e)
    if submit((TASKS, arguments[0][1])).result(HANG) == TASKS:
        tell("usable")


def by_executor(executor, arguments):
    by_futures(lambda argument: executor.submit(work, argument), arguments)


def by_pebble(arguments):
    from pebble import ProcessPool

    with ProcessPool(max_workers=2) as pool:
        by_futures(lambda argument: pool.schedule(work, args=[argument]), arguments)


def by_joblib(arguments):
    from joblib import Parallel, delayed

    parallel = Parallel(n_jobs=2, batch_size=1, return_as="generator_unordered")
    try:
        for task in parallel(delayed(work)(argument) for argument in arguments):
            tell("result", task)
    except Exception as e:
        error("?", e)
    if parallel([delayed(work)((TASKS, arguments[0][1]))]) is not None:
        tell("usable")


def main():
    kind, log = sys.argv[1:]
    arguments = [(task, log) for task in range(TASKS)]
    python = "Python " + python_version()
    if kind == "pool":
        tell("version", python)
        by_pool(arguments)
    elif kind == "executor":
        tell("version", python)
        by_executor(ProcessPoolExecutor(2), arguments)
    else:
        from importlib.metadata import version

        try:
            library = __import__(kind)
        except ImportError as e:
            return tell("missing", e)
        tell("version", version(kind))
        if kind == "loky":
            by_executor(library.get_reusable_executor(2), arguments)
        elif kind == "joblib":
            by_joblib(arguments)
        else:
            by_pebble(arguments)


if __name__ == "__main__":
    main()
