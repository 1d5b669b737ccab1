//! The article's CPU-bound loop (`count += i`), free and under the lock.

use std::hint::black_box;

use lab::trace::LaneRecorder;
use lab::trace::State;

use crate::{Gil, Held, ThreadId};

/// CPython looks at its eval breaker at every jump back. One turn of the loop takes it some tens of nanoseconds, as long as so many
/// turns here: looking more often would make the look dearer than the loop, which it is not in CPython.
const TURNS_PER_JUMP: u64 = 64;

/// `turns` turns of the loop without a lock. Returns the sum, so that a loop that did less is noticed.
pub fn free(lane: &mut LaneRecorder, turns: u64) -> u64 {
    lane.during(State::Running, || count(turns))
}

/// The loop alone, without a lane.
pub fn count(turns: u64) -> u64 {
    run(turns, None, &mut |_| ())
}

// ANCHOR: under
/// The loop as CPython runs it: with the lock held, and a look at the eval breaker at every jump back.
pub fn under(gil: &Gil, me: ThreadId, lane: &mut LaneRecorder, turns: u64) -> u64 {
    lane.enter(State::WaitingForLock);
    let mut held = gil.acquire(me);
    lane.enter(State::Running);
    let count = run(turns, Some(&mut held), &mut |held| {
        // Recorded before it lets go and after it is back: two lanes never run at once by the clock alone.
        lane.enter(State::WaitingForLock);
        held.check();
        lane.enter(State::Running);
    });
    lane.leave();
    count
}

/// `count += i`, with the lock held or without one. Whether there is a lock is known only at run time: what is compared must be the
/// same machine code in every build profile, or the ratio shows the optimizer and not the lock. Never inlined, for the same reason.
///
/// The zero that the compiler does not know keeps it from replacing the loop by a formula. `black_box` at every iteration would send the sum
/// through memory, and the processor takes from once to three times as long for that, in the same code.
#[inline(never)]
fn run(turns: u64, held: Option<&mut Held<'_>>, give_way: &mut dyn FnMut(&mut Held<'_>)) -> u64 {
    let mut held = black_box(held);
    let (mut count, zero) = (0_u64, black_box(0));
    let mut next = 0;
    while next < turns {
        let end = turns.min(next + TURNS_PER_JUMP);
        for i in next..end {
            count = count.wrapping_add(i) ^ zero;
        }
        next = end;
        if let Some(held) = held.as_deref_mut().filter(|held| held.wanted()) {
            give_way(held);
        }
    }
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
