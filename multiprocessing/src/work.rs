//! The unit of CPU work that every technique is given, and when it was on a core.

use std::hint::black_box;
use std::ops::Range;

use lab::clock;
use lab::lang::Text;
use lab::report::unit;
use lab::text;
use lab::trace::{Lane, Span, State, Trace};

use process_pool::task;

/// Iterations between two readings of the clock, about 10 µs: far less than [`INTERRUPTED`].
const CHUNK: u64 = 10_000;
/// A chunk that took longer than this, in ns, was interrupted: another thread was on the core. Schedulers give a core away for about
/// a millisecond or more; shorter interruptions are the kernel's own work.
const INTERRUPTED: u64 = 300_000;

/// The sum of so many numbers fits well into 128 bits.
pub const MAX_ITERATIONS: u64 = 1_000_000_000_000;

/// The result of one unit of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountResult {
    /// The sum of the numbers below the number of iterations.
    pub sum: u128,
    /// When it was on a core: start and end, in ns on [`clock::now`]. While a worker waits for a core there is a gap, so if spans of
    /// two workers overlap, both computed at the same instant.
    pub on_core: Vec<(u64, u64)>,
}

/// Adds up the numbers below `iterations`, as the article's listing does.
pub fn count(iterations: u64) -> CountResult {
    let mut done = CountResult { sum: 0, on_core: Vec::new() };
    let mut start = clock::now();
    let mut next = 0;
    while next < iterations {
        let stop = iterations.min(next + CHUNK);
        done.sum += add_up(next..stop);
        next = stop;
        let end = clock::now();
        done.add(start, end);
        start = end;
    }
    done
}

/// The loop alone. `black_box` keeps the compiler from replacing it by a formula.
pub fn add_up(numbers: Range<u64>) -> u128 {
    let mut sum = 0;
    for i in numbers {
        sum += u128::from(black_box(i));
    }
    sum
}

task! {
    /// [`count`] as a task of the pool: the sum, and when it was on a core.
    pub static COUNT: fn(u64) -> (u128, Vec<(u64, u64)>) = |iterations| {
        let done = count(iterations);
        (done.sum, done.on_core)
    };
}

/// The sum that [`count`] must return.
pub fn expected(iterations: u64) -> u128 {
    let n = u128::from(iterations);
    n * n.saturating_sub(1) / 2
}

/// The time on a core for one addition, in ns, where the lanes of a trace did so many together.
pub fn per_addition(trace: &Trace, additions: u64) -> f64 {
    let on_core: u64 = trace.lanes.iter().map(|lane| lane.time_in(State::Running)).sum();
    on_core as f64 / additions.max(1) as f64
}

/// The sentence that compares the cost of one addition, in ns, between programs that did different amounts of work.
pub fn costs(each: &[(String, f64)]) -> Text {
    let each: Vec<String> = each.iter().map(|(on, ns)| format!("{on} {}", unit::duration(*ns))).collect();
    let each = each.join(", ");
    text!("덧셈 한 번에 걸린 CPU 시간: {each}.", "CPU time for one addition: {each}.")
}

impl CountResult {
    fn add(&mut self, start: u64, end: u64) {
        // On systems where `clock::now` can be set, it may go backwards.
        if end < start || end - start > INTERRUPTED {
            return;
        }
        match self.on_core.last_mut() {
            Some(last) if last.1 == start => last.1 = end,
            _ => self.on_core.push((start, end)),
        }
    }

    pub fn cpu_time(&self) -> u64 {
        self.on_core.iter().map(|(start, end)| end - start).sum()
    }

    pub fn lane(&self, name: Text) -> Lane {
        let spans = self.on_core.iter().map(|&(start, end)| Span { state: State::Running, start, end });
        Lane { name, spans: spans.collect() }
    }

    /// Lines to send to another process: the sum, then one span a line.
    pub fn to_lines(&self) -> String {
        let spans: String = self.on_core.iter().map(|(start, end)| format!("{start} {end}\n")).collect();
        format!("{}\n{spans}", self.sum)
    }

    /// Reads the lines of [`to_lines`](CountResult::to_lines).
    pub fn from_lines(lines: &str) -> Option<CountResult> {
        let (sum, spans) = lines.split_once('\n')?;
        let span = |line: &str| {
            let (start, end) = line.split_once(' ')?;
            Some((start.parse().ok()?, end.parse().ok()?))
        };
        Some(CountResult { sum: sum.parse().ok()?, on_core: spans.lines().map(span).collect::<Option<_>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_the_closed_form() {
        for iterations in [0, 1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7] {
            assert_eq!(count(iterations).sum, expected(iterations), "{iterations}");
        }
        assert_ne!(count(100).sum, expected(101), "the check can fail");
    }

    #[test]
    fn the_cost_of_an_addition_is_the_time_on_a_core_of_all_lanes() {
        let lane = |end| Lane::of(Text::default(), State::Running, 100, end);
        let trace = Trace::new(
            Text::default(),
            vec![lane(400), lane(200), Lane::of(Text::default(), State::WaitingForIo, 0, 900)],
        );
        assert_eq!(per_addition(&trace, 200), 2.0);
        assert_eq!(costs(&[("Rust".to_owned(), 2.0)]).en, "CPU time for one addition: Rust 2.00 ns.");
    }

    #[test]
    fn an_interrupted_chunk_leaves_a_gap() {
        let mut done = CountResult { sum: 0, on_core: Vec::new() };
        let waited = 30 + INTERRUPTED + 1;
        for (start, end) in [(10, 20), (20, 30), (30, waited), (waited, waited + 5)] {
            done.add(start, end);
        }
        assert_eq!(done.on_core, [(10, 30), (waited, waited + 5)]);
        assert_eq!(done.cpu_time(), 25);
    }

    #[test]
    fn lines_are_read_back_and_others_are_refused() {
        let done = CountResult { sum: u128::MAX, on_core: vec![(1, 2), (5, 9)] };
        assert_eq!(CountResult::from_lines(&done.to_lines()), Some(done));
        for other in ["", "5", "x\n", "5\n1", "5\n1 x\n", "5\n1 2 3\n"] {
            assert_eq!(CountResult::from_lines(other), None, "{other:?}");
        }
    }
}
