"""Six programs of three jobs each. With what do its jobs overlap?

"tasks": as tasks of one event loop, on one thread; "threads": a thread each; "processes": a process each;
"nothing": with none of them. If several do, the first in this order: it is the cheapest.
"""

PREDICTIONS = {
    "pages": "?",
    "old_client": "?",
    "count": "?",
    "one_lock": "?",
    "checksum": "?",
    "chain": "?",
}
