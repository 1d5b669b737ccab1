//! Threads for everything that waits: an event loop does the same on one thread.

pub const PREDICTIONS: [(&str, &str); 6] = [
    ("pages", "threads"),
    ("old_client", "threads"),
    ("count", "threads"),
    ("one_lock", "processes"),
    ("checksum", "threads"),
    ("chain", "nothing"),
];
