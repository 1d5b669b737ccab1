"""Twin of native/src/experiments/failures.rs: what Python sees of a panic, an error and a long call in native code.

Usage: failures.py FOLDER ITERATIONS; FOLDER has the module native_extension. Prints one JSON report with a table: the case, the exception,
and for a call that was interrupted how many iterations it had done.
"""
import json
import os
import signal
import sys
import threading
import time

sys.path.insert(0, sys.argv[1])
import native_extension as native  # noqa: E402

ITERATIONS = int(sys.argv[2])
ENDLESS = 1 << 60
NOTHING = "-"


def raised(call):
    """The name of the exception. Afterwards native code still works, and other threads still run: else this never returns."""
    name = NOTHING
    try:
        call()
    except BaseException as e:  # PanicException is no Exception: `except Exception` must not hide a bug
        name = type(e).__name__
    other = threading.Thread(target=native.count_releasing, args=(1000,))
    other.start()
    native.count_holding(1000)
    other.join()
    return name, 0


def interrupted(call, iterations):
    """Ctrl-C as soon as another thread sees the call run: the name of the exception, and how far the call came."""
    before, over, name = native.iterations_done(), threading.Event(), NOTHING

    def press():
        while native.iterations_done() in (0, before) and not over.is_set():
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    try:
        thread.start()
        call(iterations)
        over.set()
        thread.join()
        time.sleep(1)  # the handler runs here at the latest
    except KeyboardInterrupt as e:
        name = type(e).__name__
    done = native.iterations_done()
    over.set()
    thread.join()
    return name, done


signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts background jobs with SIGINT ignored
seen = {
    "panic-held": raised(native.panic_while_held),
    "panic-released": raised(native.panic_while_released),
    "error-released": raised(native.error_while_released),
    "uninterruptible": interrupted(native.count_uninterruptible, ITERATIONS),
    "interruptible": interrupted(native.count_interruptible, ENDLESS),
}


def same(word):
    return {"ko": str(word), "en": str(word)}


rows = [[same(case), same(name), same(done)] for case, (name, done) in seen.items()]
table = {"title": same("failures"), "head": [same("case"), same("exception"), same("done")], "rows": rows}
print(json.dumps({"experiment": "native/failures", "tables": [table]}))
