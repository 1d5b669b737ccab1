//! Believes that tasks of one event loop compute at the same time.

pub const PREDICTIONS: [(&str, &str); 6] = [
    ("pages", "tasks"),
    ("old_client", "threads"),
    ("count", "tasks"),
    ("one_lock", "processes"),
    ("checksum", "threads"),
    ("chain", "nothing"),
];
