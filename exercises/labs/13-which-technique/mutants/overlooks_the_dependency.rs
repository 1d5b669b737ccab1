//! Believes that threads make everything parallel, also what depends on each other.

pub const PREDICTIONS: [(&str, &str); 6] = [
    ("pages", "tasks"),
    ("old_client", "threads"),
    ("count", "threads"),
    ("one_lock", "processes"),
    ("checksum", "threads"),
    ("chain", "threads"),
];
