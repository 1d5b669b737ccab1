//! The article's CPU-bound loop (`count += i`), free and under the lock.

use std::hint::black_box;

use lab::trace::LaneRecorder;
use lab::trace::State;

use crate::lock::Lock;
use crate::{Gil, ThreadId};

/// One iteration takes CPython some tens of nanoseconds, as long as this many iterations take here. Checking more often would
/// cost more than the loop body, which the check does not in CPython.
const ITERATIONS_PER_CHECK: u64 = 64;

/// The loop, with a check at every jump back. A zero that the compiler does not know keeps it from replacing the loop by a formula, and
/// the sum stays in a register: `black_box` at every iteration would send it through memory, and the processor takes from once to three
/// times as long for that, in the same code.
///
/// Everything that is compared runs this one function: a second loop without the check would be compiled differently, and the
/// ratio of the two would show the optimizer and not the lock. So it is neither generic nor inlined.
#[inline(never)]
fn count_and_check(iterations: u64, check: &mut dyn FnMut()) -> u64 {
    let (mut count, zero) = (0_u64, black_box(0));
    let mut next = 0;
    while next < iterations {
        let end = iterations.min(next + ITERATIONS_PER_CHECK);
        for i in next..end {
            count = count.wrapping_add(i) ^ zero;
        }
        next = end;
        check();
    }
    count
}

/// The loop alone: the check finds nothing.
pub fn count(iterations: u64) -> u64 {
    count_and_check(iterations, &mut || ())
}

/// The loop without a lock. Returns the sum, so that a loop that did less is noticed.
pub fn free(lane: &mut LaneRecorder, iterations: u64) -> u64 {
    lane.during(State::Running, || count(iterations))
}

// ANCHOR: under
/// The same loop as CPython runs it: with the lock held, and a look at the eval breaker at every jump back.
pub fn under(gil: &Gil, me: ThreadId, lane: &mut LaneRecorder, iterations: u64) -> u64 {
    lane.enter(State::WaitingForLock);
    let mut held = gil.acquire(me);
    lane.enter(State::Running);
    let count = count_and_check(iterations, &mut || {
        if held.wanted() {
            // Recorded before the release and after the return, so that two lanes never appear to run at once.
            lane.enter(State::WaitingForLock);
            held.check();
            lane.enter(State::Running);
        }
    });
    lane.leave();
    count
}
// ANCHOR_END: under

/// The same loop in a thread that holds the lock already, as the thread of an event loop does while it runs a task.
pub fn holding(gil: &Gil, me: ThreadId, lane: &mut LaneRecorder, iterations: u64) -> u64 {
    lane.enter(State::Running);
    let count = count_and_check(iterations, &mut || {
        if gil.wanted(me) {
            lane.enter(State::WaitingForLock);
            gil.release(me);
            gil.take(me);
            lane.enter(State::Running);
        }
    });
    lane.leave();
    count
}

/// What the loop comes to: 0 + 1 + … + (iterations − 1), of which 64 bits are kept, as in the loop.
pub fn sum(iterations: u64) -> u64 {
    let n = u128::from(iterations);
    (n * n.saturating_sub(1) / 2) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever is compared checks equally often, and there is no second loop for a check to be missing from.
    #[test]
    fn there_is_one_loop_and_it_checks_at_every_jump_back() {
        for (iterations, expected) in [(0, 0), (1, 1), (64, 1), (65, 2), (6400, 100)] {
            let mut checks = 0;
            count_and_check(iterations, &mut || checks += 1);
            assert_eq!(checks, expected, "{iterations} iterations");
        }
        let shipped = include_str!("loops.rs").split("#[cfg(test)]").next().unwrap();
        assert_eq!(shipped.matches("^ zero").count(), 1, "a second loop would be compiled differently");
    }

    #[test]
    fn the_loop_comes_to_its_closed_form() {
        for iterations in [0, 1, 2, 1000, 100_001] {
            assert_eq!(count(iterations), sum(iterations));
        }
        assert_ne!(count(1000), sum(1001));
        assert_eq!(sum(10_000_000_000), 49_999_999_995_000_000_000_u128 as u64, "beyond 64 bits");
    }
}
