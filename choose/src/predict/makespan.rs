//! How long independent pieces take under the rules of threads, an event loop, or processes: by the simulator of `gil-sim`.

use gil_sim::sim::{self, Group, Kind, Machine, Setup, Speed, Step};
use lab::lang::Text;

/// What one piece does, in ns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Computing with the GIL.
    pub python: f64,
    /// Computing without it.
    pub native: f64,
    /// Computing in other processes.
    pub outside: f64,
    /// Waiting that an event loop can have too.
    pub waits: f64,
    /// Waiting that blocks a thread.
    pub blocking_waits: f64,
    /// Waiting with the GIL held.
    pub held_waits: f64,
    /// It does a part of each so many times in turn.
    pub rounds: u64,
}

impl Piece {
    /// So much more of everything.
    fn times(self, factor: f64) -> Piece {
        Piece {
            python: self.python * factor,
            native: self.native * factor,
            outside: self.outside * factor,
            waits: self.waits * factor,
            blocking_waits: self.blocking_waits * factor,
            held_waits: self.held_waits * factor,
            rounds: self.rounds,
        }
    }
}

/// By which rules the pieces share the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Threads under the GIL of CPython 3 of this minor version.
    Gil(u8),
    /// Threads without a GIL, or processes.
    NoGil,
    /// One thread that goes on to the next task where one waits: a GIL that nobody takes away.
    EventLoop,
}

/// Python and native code of a piece alternate so often at least.
const FEWEST_TURNS: u64 = 4;
/// CPython's switch interval, in ns.
const SWITCH_INTERVAL: u64 = 5_000_000;
/// Longer than any run.
const NEVER: u64 = 3_600_000_000_000;
/// A simulation has no more work than this, in ns of a core; longer runs are scaled down to it, and the result up again.
const MOST_WORK: f64 = 4e9;
/// An event loop is simulated with so many tasks at most; each does the work of several if there are more.
const MOST_TASKS: u64 = 128;

/// And no simulation has more pieces: each does the work of several if there are more.
const MOST_PIECES: u64 = 4096;

/// The time from the first piece's start to the last one's end, in ns.
pub fn makespan(piece: Piece, rules: Rules, pieces: u64, workers: u64, cores: usize) -> f64 {
    let (piece, pieces) = (piece.times(pieces as f64 / pieces.min(MOST_PIECES) as f64), pieces.min(MOST_PIECES));
    let workers = workers.clamp(1, MOST_TASKS).min(pieces);
    let waits = piece.waits + piece.blocking_waits + piece.held_waits;
    let all = (piece.python + piece.native + piece.outside + waits) * pieces as f64;
    let scale = (all / MOST_WORK).max(1.0);
    let steps = steps(piece, rules, scale * piece.rounds as f64);
    if steps.is_empty() {
        return 0.0;
    }
    // A pool gives its next piece to whoever is free: the last round of pieces may leave workers idle.
    let (each, more) = (pieces / workers, pieces % workers);
    let group = |count: u64, pieces: u64| Group {
        name: Text::same("worker"),
        count: count as usize,
        interpreter: 0,
        steps: steps.clone(),
        times: Some(pieces * piece.rounds),
    };
    let groups = [group(more, each + 1), group(workers - more, each)].into_iter().filter(|group| group.count > 0);
    let (kind, interval) = match rules {
        Rules::Gil(0..13) => (Kind::Shared, SWITCH_INTERVAL),
        Rules::Gil(_) => (Kind::Addressed, SWITCH_INTERVAL),
        Rules::NoGil => (Kind::Free, SWITCH_INTERVAL),
        Rules::EventLoop => (Kind::Addressed, NEVER),
    };
    let setup = Setup { kind, interval, groups: groups.collect(), end: NEVER, keep: 0, seed: 1 };
    let outcome = sim::run(&setup, &Machine::typical(cores.clamp(1, 1024)), &Speed::typical());
    let last = outcome.threads.iter().map(|thread| thread.done.unwrap_or(outcome.lasted)).max();
    last.unwrap_or(0) as f64 * scale
}

/// One round of a piece; parts of no length are left out.
fn steps(piece: Piece, rules: Rules, rounds: f64) -> Vec<Step> {
    let part = |ns: f64| (ns / rounds).round() as u64;
    let is_loop = rules == Rules::EventLoop;
    let takes_turns = is_loop || matches!(rules, Rules::Gil(_));
    // Python and native code alternate even where a piece waits once.
    let turns = FEWEST_TURNS.div_ceil(piece.rounds);
    let turn = |ns: f64| part(ns / turns as f64);
    let compute = [
        Step::Run(turn(piece.python)),
        if is_loop { Step::NativeHeld(turn(piece.native)) } else { Step::Native(turn(piece.native)) },
    ];
    let computes = (0..turns).flat_map(|_| compute);
    // What blocks an event loop's thread blocks all its tasks.
    let waits = [
        Step::Native(part(piece.outside)),
        if takes_turns { Step::NativeHeld(part(piece.held_waits)) } else { Step::Wait(part(piece.held_waits)) },
        if is_loop { Step::NativeHeld(part(piece.blocking_waits)) } else { Step::Wait(part(piece.blocking_waits)) },
        Step::Wait(part(piece.waits)),
    ];
    let takes_time = |step: &Step| match step {
        Step::Run(ns) | Step::Native(ns) | Step::NativeHeld(ns) | Step::Wait(ns) => *ns > 0,
        _ => true,
    };
    computes.chain(waits).filter(takes_time).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: f64 = 1e6;
    const NOTHING: Piece =
        Piece { python: 0.0, native: 0.0, outside: 0.0, waits: 0.0, blocking_waits: 0.0, held_waits: 0.0, rounds: 4 };

    /// In ms, rounded to tens.
    fn of(piece: Piece, rules: Rules, pieces: u64, workers: u64, cores: usize) -> f64 {
        (makespan(piece, rules, pieces, workers, cores) / MS / 10.0).round() * 10.0
    }

    #[test]
    fn one_lock_makes_threads_take_turns() {
        let python = Piece { python: 100.0 * MS, ..NOTHING };
        assert_eq!(of(python, Rules::Gil(13), 4, 4, 4), 400.0);
        assert_eq!(of(python, Rules::NoGil, 4, 4, 4), 100.0);
        assert_eq!(of(python, Rules::NoGil, 4, 2, 4), 200.0);
        assert_eq!(of(python, Rules::NoGil, 4, 4, 2), 200.0);
        assert_eq!(of(python, Rules::NoGil, 5, 4, 4), 200.0, "the fifth piece comes after the first");
    }

    #[test]
    fn native_code_runs_beside_the_lock_but_not_beside_an_event_loop() {
        let native = Piece { native: 100.0 * MS, ..NOTHING };
        assert_eq!(of(native, Rules::Gil(13), 2, 2, 2), 100.0);
        assert_eq!(of(native, Rules::EventLoop, 2, 2, 2), 200.0);
        let outside = Piece { outside: 100.0 * MS, ..NOTHING };
        assert_eq!(of(outside, Rules::EventLoop, 2, 2, 2), 100.0);
    }

    #[test]
    fn an_event_loop_waits_for_all_at_once_and_for_a_file_one_after_another() {
        let waits = Piece { waits: 100.0 * MS, ..NOTHING };
        assert_eq!(of(waits, Rules::EventLoop, 8, 8, 1), 100.0);
        let files = Piece { blocking_waits: 100.0 * MS, ..NOTHING };
        assert_eq!(of(files, Rules::EventLoop, 8, 8, 1), 800.0);
        assert_eq!(of(files, Rules::Gil(13), 8, 8, 1), 100.0);
    }

    #[test]
    fn who_waits_with_the_gil_held_lets_nobody_else_wait() {
        let held = Piece { held_waits: 100.0 * MS, ..NOTHING };
        assert_eq!(of(held, Rules::Gil(13), 8, 8, 2), 800.0);
        assert_eq!(of(held, Rules::EventLoop, 8, 8, 2), 800.0);
        assert_eq!(of(held, Rules::NoGil, 8, 8, 2), 100.0);
    }

    #[test]
    fn a_piece_that_waits_once_computes_first() {
        let once = Piece { python: 100.0 * MS, waits: 100.0 * MS, rounds: 1, ..NOTHING };
        assert_eq!(of(once, Rules::NoGil, 4, 4, 2), 300.0);
    }

    #[test]
    fn a_long_run_is_scaled() {
        let hour = Piece { python: 900e9, ..NOTHING };
        let time = makespan(hour, Rules::NoGil, 4, 4, 2);
        assert!((1790e9..1900e9).contains(&time), "{time}");
        assert_eq!(makespan(NOTHING, Rules::NoGil, 4, 4, 2), 0.0);
    }

    #[test]
    fn a_million_pieces_are_simulated_as_fewer_larger_ones() {
        let small = Piece { python: 0.01 * MS, waits: 0.01 * MS, ..NOTHING };
        let larger = small.times(1e6 / MOST_PIECES as f64);
        let run = |piece, pieces| makespan(piece, Rules::NoGil, pieces, 4, 2);
        assert_eq!(run(small, 1_000_000), run(larger, MOST_PIECES));
        assert!(run(small, 1_000_000) >= 5000.0 * MS, "two cores compute for 5 s");
    }
}
