"""Believes that async makes a blocking call asynchronous."""

PREDICTIONS = {
    "pages": "tasks",
    "old_client": "tasks",
    "count": "processes",
    "one_lock": "processes",
    "checksum": "threads",
    "chain": "nothing",
}
