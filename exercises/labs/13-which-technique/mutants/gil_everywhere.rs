//! Believes what the article says of Python: that only processes compute at the same time.

pub const PREDICTIONS: [(&str, &str); 6] = [
    ("pages", "tasks"),
    ("old_client", "threads"),
    ("count", "processes"),
    ("one_lock", "processes"),
    ("checksum", "processes"),
    ("chain", "nothing"),
];
