"""Six programs of three jobs each. With what do its jobs overlap?"""
import sys

# With a GIL one thread at a time runs bytecode; each process has a GIL of its own. 3.13 and later can tell.
gil = getattr(sys, "_is_gil_enabled", lambda: True)()
try:
    import _hashlib  # OpenSSL's functions let go of the GIL
    native = True
except ImportError:  # a build without OpenSSL: the functions in their place keep it
    native = False

PREDICTIONS = {
    "pages": "tasks",  # an await lets the loop go on with the others
    "old_client": "threads",  # a call that blocks would keep the loop from everybody
    "count": "processes" if gil else "threads",
    "one_lock": "processes",  # also without a GIL: the lock is one more, and each process has its own
    "checksum": "threads" if native or not gil else "processes",
    "chain": "nothing",  # each job needs the one before it: there is nothing to do at the same time
}
