//! The smallest race: two threads add 1 each to a counter at 0, many times over.

use std::sync::atomic::{AtomicBool, Ordering};

use lab::report::Table;
use lab::{Result, clock, text};

use crate::counter_variant::CounterVariant;
use crate::outcomes::{self, Tally};
use crate::start_barrier::{SpinBarrier, start_together};

/// The time limit of one variant, in ns: where the two threads share a core with other programs, a round can take milliseconds.
const LIMIT: u64 = 2_000_000_000;
/// Rounds of one pair of threads. Two threads on the same core seldom collide; the next pair may get two cores.
const ROUNDS_PER_PAIR: u64 = 1_000;

/// Lets two threads add 1 each, `rounds` times, or fewer if the time limit is reached. The outcome is the value of the counter.
pub fn run(variant: &CounterVariant, rounds: u64) -> Result<Tally> {
    let deadline = clock::now() + LIMIT;
    let mut tally = Tally::new(variant.name, variant.outcomes);
    let mut left = rounds;
    while left > 0 && clock::now() < deadline {
        for value in run_pair(variant, left.min(ROUNDS_PER_PAIR), deadline)? {
            tally.add(value.to_string(), 1);
        }
        left = left.saturating_sub(ROUNDS_PER_PAIR);
    }
    Ok(tally)
}

/// The value of the counter after each round of one pair of threads.
fn run_pair(variant: &CounterVariant, rounds: u64, deadline: u64) -> Result<Vec<u64>> {
    let (barrier, out_of_time) = (SpinBarrier::new(2), AtomicBool::new(false));
    let values = start_together(2, |side| {
        let mut values = Vec::new();
        for round in 1..=rounds {
            barrier.wait(2 * round - 1);
            if out_of_time.load(Ordering::Relaxed) {
                break;
            }
            variant.add(1);
            barrier.wait(2 * round);
            if side == 0 {
                values.push(variant.take());
                out_of_time.store(clock::now() > deadline, Ordering::Relaxed);
            }
        }
        values
    })?;
    Ok(values.concat())
}

/// All outcomes of all variants.
pub fn table(tallies: &[Tally]) -> Table {
    let title = text!("0에서 시작해 두 스레드가 1씩 더한 결과", "two threads add 1 each to 0: the final value");
    outcomes::table(title, tallies)
}
