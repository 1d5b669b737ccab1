"""Believes that threads make everything parallel, also what depends on each other."""

PREDICTIONS = {
    "pages": "tasks",
    "old_client": "threads",
    "count": "processes",
    "one_lock": "processes",
    "checksum": "threads",
    "chain": "threads",
}
