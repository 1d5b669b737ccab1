"""Believes that the GIL is held while C code computes."""

PREDICTIONS = {
    "pages": "tasks",
    "old_client": "threads",
    "count": "processes",
    "one_lock": "processes",
    "checksum": "processes",
    "chain": "nothing",
}
