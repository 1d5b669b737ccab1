//! Numbers that nobody can know beforehand.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

/// A number of this range, another one in each run: a submission that knows its result by heart is wrong in the next run.
pub fn draw(range: Range<u64>) -> u64 {
    // Each RandomState has keys of its own, from the system's random numbers.
    range.start + RandomState::new().build_hasher().finish() % (range.end - range.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_the_whole_range_and_nothing_else() {
        let drawn: std::collections::BTreeSet<u64> = (0..1000).map(|_| draw(3..6)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [3, 4, 5]);
    }
}
