//! The article's CPU-bound loop (`count += i`), free and under the lock.

use std::hint::black_box;

use lab::trace::LaneRecorder;
use lab::trace::State;

use crate::{Gil, ThreadId};

/// CPython looks at its eval breaker at every jump back. One iteration takes it some tens of nanoseconds, as long as so many
/// iterations here. Checking more often would cost more than the loop body, which it does not in CPython.
const ITERATIONS_PER_CHECK: u64 = 64;

/// The loop body between two checks. Everybody who counts runs this one piece of machine code, so that a ratio between two of them
/// is that of the lock and not of what the optimizer made of two loops. `black_box` in every iteration keeps the compiler from
/// replacing the loop by a formula.
#[inline(never)]
fn stretch(mut count: u64, from: u64, to: u64) -> u64 {
    #[cfg(test)]
    tests::STRETCHES.with(|stretches| stretches.set(stretches.get() + 1));
    for i in from..to {
        count = black_box(count.wrapping_add(i));
    }
    count
}

/// The loop in stretches, with a check after each.
fn in_stretches(iterations: u64, mut check: impl FnMut()) -> u64 {
    let (mut count, mut next) = (0, 0);
    while next < iterations {
        let end = iterations.min(next + ITERATIONS_PER_CHECK);
        count = stretch(count, next, end);
        next = end;
        check();
    }
    count
}

/// The loop alone. Returns the sum, so that a loop that did less is noticed.
pub fn count(iterations: u64) -> u64 {
    in_stretches(iterations, || ())
}

/// The loop, recorded as one span.
pub fn free(lane: &mut LaneRecorder, iterations: u64) -> u64 {
    lane.during(State::Running, || count(iterations))
}

// ANCHOR: under
/// The same loop as CPython runs it: with the lock held, and a look at the eval breaker after each stretch.
pub fn under(gil: &Gil, me: ThreadId, lane: &mut LaneRecorder, iterations: u64) -> u64 {
    lane.enter(State::WaitingForLock);
    let mut held = gil.acquire(me);
    lane.enter(State::Running);
    let count = in_stretches(iterations, || {
        if held.wanted() {
            // Recorded before it lets go and after it is back: two lanes never run at once by the clock alone.
            lane.enter(State::WaitingForLock);
            held.check();
            lane.enter(State::Running);
        }
    });
    lane.leave();
    count
}
// ANCHOR_END: under

/// What the loop comes to: 0 + 1 + … + (iterations − 1), of which 64 bits are kept, as in the loop.
pub fn sum(iterations: u64) -> u64 {
    let n = u128::from(iterations);
    (n * n.saturating_sub(1) / 2) as u64
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use lab::lang::Text;
    use lab::trace::Recorder;

    use super::*;
    use crate::SWITCH_INTERVAL;

    thread_local! {
        pub(super) static STRETCHES: Cell<u64> = const { Cell::new(0) };
    }

    fn stretches(work: impl FnOnce() -> u64) -> (u64, u64) {
        let before = STRETCHES.get();
        let sum = work();
        (STRETCHES.get() - before, sum)
    }

    #[test]
    fn the_loop_comes_to_its_closed_form() {
        for iterations in [0, 1, 2, 1000, 100_001] {
            assert_eq!(count(iterations), sum(iterations));
        }
        assert_ne!(count(1000), sum(1001));
        assert_eq!(sum(10_000_000_000), 49_999_999_995_000_000_000_u128 as u64, "beyond 64 bits");
    }

    #[test]
    fn with_and_without_the_lock_the_same_machine_code_counts() {
        const ITERATIONS: u64 = 1000;
        let expected = (ITERATIONS.div_ceil(ITERATIONS_PER_CHECK), sum(ITERATIONS));
        let recorder = Recorder::new();
        let lane = || recorder.lane(Text::default());
        let gil = Gil::new(SWITCH_INTERVAL);
        assert_eq!(stretches(|| free(&mut lane(), ITERATIONS)), expected);
        assert_eq!(stretches(|| under(&gil, ThreadId(1), &mut lane(), ITERATIONS)), expected);
        // A loop of its own comes to the same sum, and is noticed.
        let own_loop = || (0..ITERATIONS).fold(0, |count: u64, i| black_box(count.wrapping_add(i)));
        assert_ne!(stretches(own_loop), expected);
    }
}
