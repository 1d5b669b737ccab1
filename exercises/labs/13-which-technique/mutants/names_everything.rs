//! Names all of them, to be right with one.

const ALL: &str = "tasks threads processes nothing";

pub const PREDICTIONS: [(&str, &str); 6] =
    [("pages", ALL), ("old_client", ALL), ("count", ALL), ("one_lock", ALL), ("checksum", ALL), ("chain", ALL)];
