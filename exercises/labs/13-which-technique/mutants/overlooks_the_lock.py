"""Sees the threads and overlooks the lock that they all need."""

PREDICTIONS = {
    "pages": "tasks",
    "old_client": "threads",
    "count": "processes",
    "one_lock": "threads",
    "checksum": "threads",
    "chain": "nothing",
}
