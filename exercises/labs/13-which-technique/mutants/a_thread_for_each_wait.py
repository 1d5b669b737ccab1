"""Threads for everything that waits: an event loop does the same on one thread."""

PREDICTIONS = {
    "pages": "threads",
    "old_client": "threads",
    "count": "processes",
    "one_lock": "processes",
    "checksum": "threads",
    "chain": "nothing",
}
