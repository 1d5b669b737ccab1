//! Whether two threads were in native code at the same time, from spans that were stamped inside it.

use lab::report::Unit;
use lab::report::unit;
use lab::trace::{State, Trace};

/// More than this is an overlap. Two threads that compute at the same time reach almost 1; spans under a lock never share an instant.
pub const OVERLAP: f64 = 0.5;

/// Of the time that the first two lanes spent in a state, the shorter of the two: the share in which both were in it.
///
/// It does not depend on how busy the machine is. Native code that holds the GIL cannot lose it between its first stamp and its last, so
/// the share is 0, exactly. Code that released it is inside while the other comes, even if both share one core.
pub fn share(trace: &Trace, state: State) -> f64 {
    let shorter = trace.lanes.iter().take(2).map(|lane| lane.time_in(state)).min().unwrap_or(0);
    match (trace.lanes.len(), shorter) {
        (0 | 1, _) | (_, 0) => 0.0,
        (_, shorter) => trace.overlap(0, 1, state) as f64 / shorter as f64,
    }
}

/// "98.2 %".
pub fn shown(share: f64) -> String {
    unit::value(share, Unit::Share)
}

#[cfg(test)]
mod tests {
    use lab::lang::Text;
    use lab::trace::{Lane, Span};

    use super::*;

    fn of(a: &[(u64, u64)], b: &[(u64, u64)]) -> f64 {
        let lane = |spans: &[(u64, u64)]| Lane {
            name: Text::default(),
            spans: spans.iter().map(|&(start, end)| Span { state: State::Native, start, end }).collect(),
        };
        share(&Trace::new(Text::default(), vec![lane(a), lane(b)]), State::Native)
    }

    #[test]
    fn the_share_is_that_of_the_thread_with_less() {
        assert_eq!(of(&[(0, 10), (20, 30)], &[(10, 20), (30, 40)]), 0.0, "they touch");
        assert_eq!(of(&[(0, 10)], &[(0, 10)]), 1.0);
        assert_eq!(of(&[(0, 100)], &[(90, 110)]), 0.5, "one came late");
        assert_eq!(of(&[(0, 100)], &[]), 0.0);
    }
}
