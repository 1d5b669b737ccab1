//! The same sleeping tasks on every runtime, and known-wrong programs.

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use asyncio::experiments::runtimes::lanes;
use asyncio::overlap::{self, ThreadModel};
use asyncio::programs::{Nap, PROGRAMS, nap};
use lab::claims::Outcome;
use lab::lang::Text;
use lab::trace::{Lane, State, Trace};

const TASKS: usize = 50;
const PAUSE: Duration = Duration::from_secs(1);

fn trace(naps: &[Nap]) -> Trace {
    Trace::new(Text::default(), lanes(naps))
}

fn outcome(naps: &[Nap], model: ThreadModel) -> Outcome {
    let threads: HashSet<_> = naps.iter().flat_map(|nap| nap.threads).collect();
    overlap::judge("test", &trace(naps), model, Some(threads.len())).outcome
}

#[test]
fn on_every_runtime_all_sleep_at_once() {
    for program in PROGRAMS {
        let naps = (program.run)(TASKS, PAUSE).unwrap();
        assert_eq!(trace(&naps).peak_in_flight(&[State::WaitingForIo]), TASKS, "{}", program.name);
        let whole = |nap: &Nap| u128::from(nap.end - nap.start) >= PAUSE.as_nanos();
        assert!(naps.iter().all(whole), "{}: a nap was cut short", program.name);
        match program.model {
            ThreadModel::OneThread => {
                assert_eq!(outcome(&naps, program.model), Outcome::Holds, "{}", program.name);
                let here = thread::current().id();
                assert!(naps.iter().all(|nap| nap.threads == [here, here]), "{}", program.name);
            }
            // A pool may use one thread or more, but all tasks must sleep at once.
            ThreadModel::Pool => {
                assert!(matches!(outcome(&naps, program.model), Outcome::NotMeasured(_)), "{}", program.name)
            }
        }
    }
}

/// Known wrong: each task is awaited before the next one is created.
#[test]
fn sleeping_in_sequence_refutes_the_claim() {
    let naps = smol::block_on(async {
        let mut naps = Vec::new();
        for _ in 0..5 {
            naps.push(nap(|| smol::Timer::after(Duration::from_millis(20))).await);
        }
        naps
    });
    assert_eq!(trace(&naps).peak_in_flight(&[State::WaitingForIo]), 1);
    assert_eq!(outcome(&naps, ThreadModel::OneThread), Outcome::DoesNotHold);
    assert_eq!(outcome(&naps, ThreadModel::Pool), Outcome::DoesNotHold, "a pool must let its tasks sleep together too");
}

/// Known wrong: one thread per task. All sleep at once, but not on one thread.
#[test]
fn one_thread_per_task_refutes_the_claim() {
    let one = || smol::block_on(nap(|| smol::Timer::after(PAUSE)));
    let naps: Vec<Nap> = thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(trace(&naps).peak_in_flight(&[State::WaitingForIo]), 2);
    assert_eq!(outcome(&naps, ThreadModel::OneThread), Outcome::DoesNotHold);
}

/// The outcome for waits given as (start, end) in ms.
fn verdict_on(waits: &[(u64, u64)]) -> Outcome {
    let lane =
        |&(start, end): &(u64, u64)| Lane::of(Text::default(), State::WaitingForIo, start * 1_000_000, end * 1_000_000);
    let trace = Trace::new(Text::default(), waits.iter().map(lane).collect());
    overlap::judge("test", &trace, ThreadModel::OneThread, Some(1)).outcome
}

#[test]
fn a_wait_that_is_too_short_is_not_taken_for_waiting_in_sequence() {
    assert_eq!(verdict_on(&[(0, 100), (1, 101), (2, 102)]), Outcome::Holds);
    // Two at a time: the third starts only when the first has ended.
    assert_eq!(verdict_on(&[(0, 100), (1, 101), (100, 200), (101, 201)]), Outcome::DoesNotHold);
    // No task was delayed by another; there are just too many to start within ten milliseconds.
    let slowly: Vec<(u64, u64)> = (0..20).map(|i| (i, i + 10)).collect();
    assert!(matches!(verdict_on(&slowly), Outcome::NotMeasured(_)));
    // There is nothing to judge if no task waited, or if there is only one task.
    assert!(matches!(verdict_on(&[(0, 0), (0, 0)]), Outcome::NotMeasured(_)));
    assert!(matches!(verdict_on(&[(0, 100)]), Outcome::NotMeasured(_)));
}
