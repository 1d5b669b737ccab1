"""Believes that tasks of one event loop compute at the same time."""

PREDICTIONS = {
    "pages": "tasks",
    "old_client": "threads",
    "count": "tasks",
    "one_lock": "processes",
    "checksum": "threads",
    "chain": "nothing",
}
