//! The article's CPU-bound loop (`count += i`), free and under the lock.

use std::hint::black_box;

use lab::trace::LaneRecorder;
use lab::trace::State;

use crate::{Gil, ThreadId};

/// CPython looks at its eval breaker at every jump back. One turn of the loop takes it some tens of nanoseconds, as long as so many
/// turns here: looking more often would make the look dearer than the loop, which it is not in CPython.
const TURNS_PER_JUMP: u64 = 64;

/// `turns` turns of the loop. Returns the sum, so that a loop that did less is noticed.
pub fn free(lane: &mut LaneRecorder, turns: u64) -> u64 {
    lane.during(State::Running, || count(turns))
}

/// The loop alone. `black_box` at every turn keeps the compiler from replacing it by a formula.
pub fn count(turns: u64) -> u64 {
    let mut count: u64 = 0;
    for i in 0..turns {
        count = black_box(count.wrapping_add(i));
    }
    count
}

// ANCHOR: under
/// The same loop as CPython runs it: with the lock held, and a look at the eval breaker at every jump back.
pub fn under(gil: &Gil, me: ThreadId, lane: &mut LaneRecorder, turns: u64) -> u64 {
    lane.enter(State::WaitingForLock);
    let mut held = gil.acquire(me);
    lane.enter(State::Running);
    let mut count: u64 = 0;
    let mut next = 0;
    while next < turns {
        let end = turns.min(next + TURNS_PER_JUMP);
        for i in next..end {
            count = black_box(count.wrapping_add(i));
        }
        next = end;
        if held.wanted() {
            // Recorded before it lets go and after it is back: two lanes never run at once by the clock alone.
            lane.enter(State::WaitingForLock);
            held.check();
            lane.enter(State::Running);
        }
    }
    lane.leave();
    count
}
// ANCHOR_END: under

/// What the loop comes to: 0 + 1 + … + (turns − 1), of which 64 bits are kept, as in the loop.
pub fn sum(turns: u64) -> u64 {
    let n = u128::from(turns);
    (n * n.saturating_sub(1) / 2) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_comes_to_its_closed_form() {
        for turns in [0, 1, 2, 1000, 100_001] {
            assert_eq!(count(turns), sum(turns));
        }
        assert_ne!(count(1000), sum(1001));
        assert_eq!(sum(10_000_000_000), 49_999_999_995_000_000_000_u128 as u64, "beyond 64 bits");
    }
}
