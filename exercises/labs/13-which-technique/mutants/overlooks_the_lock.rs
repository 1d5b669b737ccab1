//! Sees the threads and overlooks the lock that they all need.

pub const PREDICTIONS: [(&str, &str); 6] = [
    ("pages", "tasks"),
    ("old_client", "threads"),
    ("count", "threads"),
    ("one_lock", "threads"),
    ("checksum", "threads"),
    ("chain", "nothing"),
];
