# Run as `python -c`: an interpreter says what it is, in a JSON object that needs no module `json`. From Python 2.7 on, and also
# where the standard library is missing.
#
# Whether there is a GIL: `sys._is_gil_enabled` tells where it exists (CPython 3.13 and later, RustPython); the implementations that
# have no such function are known by name. Any other one is measured: two threads that count keep more than one core busy where they
# run in parallel, and no more than one under a GIL. On a busy machine they may get no more than one either: then it is told only if a
# thread alone has a core for itself, so that there would be some of another for a second one. Else, and on one core, it stays
# unknown.
import sys
import time

GIL = {'CPython': True, 'PyPy': True, 'GraalVM': True, 'GraalPy': True,
       'Jython': False, 'IronPython': False, 'RustPython': False}
NEEDED = ['json', 'threading']  # what every twin imports


def implementation():
    try:
        import platform
        return platform.python_implementation()
    except Exception:  # no standard library
        name = getattr(getattr(sys, 'implementation', None), 'name', 'Python')
        return dict((known.lower(), known) for known in GIL).get(name, name)


def is_missing(module):
    try:
        __import__(module)
        return False
    except Exception:
        return True


def count(n):
    while n:
        n -= 1


def measured():
    try:
        import os
        if len(os.sched_getaffinity(0)) < 2:
            return None
    except Exception:
        pass
    try:
        import threading
    except Exception:
        return None
    wall, cpu = getattr(time, 'perf_counter', time.time), getattr(time, 'process_time', getattr(time, 'clock', None))

    def spent(threads, n):
        every = [threading.Thread(target=count, args=(n,)) for _ in range(threads)]
        start = wall(), cpu()
        for thread in every:
            thread.start()
        for thread in every:
            thread.join()
        return wall() - start[0], cpu() - start[1]
    n = 100000
    while spent(1, n)[0] < 0.1:
        n *= 2

    def cores(threads):
        seconds, busy = spent(threads, n)
        return busy / seconds
    rounds = [(cores(1), cores(2)) for _ in range(5)]
    if max(two for one, two in rounds) > 1.2:
        return False
    return True if min(one for one, two in rounds) > 0.9 else None


name = implementation()
ask = getattr(sys, '_is_gil_enabled', None)
if ask:
    gil, source = ask(), 'asked'
elif name in GIL:
    gil, source = GIL[name], 'name'
else:
    gil, source = measured(), 'measured'
word = {True: 'true', False: 'false', None: 'null'}[gil]
lacks = ', '.join('"%s"' % module for module in NEEDED if is_missing(module))
# How memory is managed shows in an object: its header has 16 bytes with one count of references, 32 with an owner and two counts, as
# free-threaded CPython has. Where nothing counts references, there is no `sys.getrefcount`.
header = getattr(object, '__basicsize__', 0) if hasattr(sys, 'getrefcount') else 0
# The prefix tells whether two programs are the same installation. As numbers it needs no quoting.
prefix = [ord(c) for c in str(getattr(sys, 'prefix', ''))]
print('{"name": "%s", "version": [%d, %d, %d], "gil": %s, "source": "%s", "lacks": [%s], "prefix": %s, "header": %d}'
      % ((name,) + tuple(sys.version_info[:3]) + (word, source, lacks, prefix, header)))
