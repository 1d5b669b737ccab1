//! Wrong: returns the total that the task shows.

/// The votes in one ballot box, one after another.
pub type Votes = Box<dyn Iterator<Item = u64> + Send>;

/// The expected number.
pub fn with_an_atomic(_: Vec<Votes>) -> u64 {
    10
}

/// The expected number.
pub fn with_a_mutex(_: Vec<Votes>) -> u64 {
    10
}

/// The expected number.
pub fn without_sharing(_: Vec<Votes>) -> u64 {
    10
}
