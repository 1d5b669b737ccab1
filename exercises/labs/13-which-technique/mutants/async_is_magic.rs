//! Believes that async makes a blocking call asynchronous.

pub const PREDICTIONS: [(&str, &str); 6] = [
    ("pages", "tasks"),
    ("old_client", "tasks"),
    ("count", "threads"),
    ("one_lock", "processes"),
    ("checksum", "threads"),
    ("chain", "nothing"),
];
