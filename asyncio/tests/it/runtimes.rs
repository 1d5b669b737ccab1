//! The same sleepers on every runtime, beside programs that are known to be wrong.

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use asyncio::experiments::runtimes::lanes;
use asyncio::overlap::{self, Home};
use asyncio::programs::{Nap, PROGRAMS, nap};
use lab::claims::Outcome;
use lab::lang::Text;
use lab::trace::{Lane, State, Trace};

const TASKS: usize = 50;
const PAUSE: Duration = Duration::from_secs(1);

fn trace(naps: &[Nap]) -> Trace {
    Trace::new(Text::default(), lanes(naps))
}

fn outcome(naps: &[Nap], home: Home) -> Outcome {
    let threads: HashSet<_> = naps.iter().flat_map(|nap| nap.threads).collect();
    overlap::judge("test", &trace(naps), home, Some(threads.len())).outcome
}

#[test]
fn on_every_runtime_all_sleep_at_once() {
    for program in PROGRAMS {
        let naps = (program.run)(TASKS, PAUSE).unwrap();
        assert_eq!(trace(&naps).peak_in_flight(&[State::WaitingForIo]), TASKS, "{}", program.name);
        let whole = |nap: &Nap| u128::from(nap.end - nap.start) >= PAUSE.as_nanos();
        assert!(naps.iter().all(whole), "{}: a nap was cut short", program.name);
        match program.home {
            Home::OneThread => {
                assert_eq!(outcome(&naps, program.home), Outcome::Holds, "{}", program.name);
                let here = thread::current().id();
                assert!(naps.iter().all(|nap| nap.threads == [here, here]), "{}", program.name);
            }
            // Whether a pool used one thread or more is its own business; that all slept at once is not.
            Home::Pool => assert!(matches!(outcome(&naps, program.home), Outcome::NotMeasured(_)), "{}", program.name),
        }
    }
}

/// Known wrong: each task is awaited before the next is made.
#[test]
fn in_turn_is_seen() {
    let naps = smol::block_on(async {
        let mut naps = Vec::new();
        for _ in 0..5 {
            naps.push(nap(|| smol::Timer::after(Duration::from_millis(20))).await);
        }
        naps
    });
    assert_eq!(trace(&naps).peak_in_flight(&[State::WaitingForIo]), 1);
    assert_eq!(outcome(&naps, Home::OneThread), Outcome::DoesNotHold);
    assert_eq!(outcome(&naps, Home::Pool), Outcome::DoesNotHold, "not even a pool is excused");
}

/// Known wrong: a thread a task. All sleep at once, but an event loop this is not.
#[test]
fn many_threads_are_seen() {
    let one = || smol::block_on(nap(|| smol::Timer::after(PAUSE)));
    let naps: Vec<Nap> = thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(trace(&naps).peak_in_flight(&[State::WaitingForIo]), 2);
    assert_eq!(outcome(&naps, Home::OneThread), Outcome::DoesNotHold);
}

/// What is judged, in ms: (start, end) of each wait.
fn verdict_on(waits: &[(u64, u64)]) -> Outcome {
    let lane =
        |&(start, end): &(u64, u64)| Lane::of(Text::default(), State::WaitingForIo, start * 1_000_000, end * 1_000_000);
    let trace = Trace::new(Text::default(), waits.iter().map(lane).collect());
    overlap::judge("test", &trace, Home::OneThread, Some(1)).outcome
}

#[test]
fn a_wait_too_short_is_told_from_a_wait_in_turn() {
    assert_eq!(verdict_on(&[(0, 100), (1, 101), (2, 102)]), Outcome::Holds);
    // Two at a time: the third had to wait for one of the first.
    assert_eq!(verdict_on(&[(0, 100), (1, 101), (100, 200), (101, 201)]), Outcome::DoesNotHold);
    // Nobody was held up; there just were too many to start within ten milliseconds.
    let slowly: Vec<(u64, u64)> = (0..20).map(|i| (i, i + 10)).collect();
    assert!(matches!(verdict_on(&slowly), Outcome::NotMeasured(_)));
    // Nor is there anything to see where nobody waited, or where there is only one.
    assert!(matches!(verdict_on(&[(0, 0), (0, 0)]), Outcome::NotMeasured(_)));
    assert!(matches!(verdict_on(&[(0, 100)]), Outcome::NotMeasured(_)));
}
