//! Six programs of three jobs each. With what do its jobs overlap?

pub const PREDICTIONS: [(&str, &str); 6] = [
    ("pages", "tasks"),        // an await lets the loop go on with the others
    ("old_client", "threads"), // a call that blocks would keep the loop from everybody
    ("count", "threads"),      // no GIL: threads compute at the same time
    ("one_lock", "processes"), // one lock around everything is a GIL; each process has its own
    ("checksum", "threads"),   // the lock is free while they compute
    ("chain", "nothing"),      // each job needs the one before it: there is nothing to do at the same time
];
