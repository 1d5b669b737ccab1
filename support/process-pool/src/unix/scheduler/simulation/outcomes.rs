//! How tasks may end.

use super::universe::{Act, Task, Troubles};
use crate::Failure;

/// Whether a task may have ended as it did; and how that was.
pub fn check(n: usize, task: &Task, troubles: Troubles, are_all_cancelled: bool) -> &'static str {
    let outcome = match task.sink.outcome(task.index) {
        Some(outcome) => outcome,
        None if task.sink.is_cancelled() => return "outcomes: cancelled",
        None => {
            assert!(task.sink.is_dropped(), "task {n} has no outcome");
            return "outcomes: of nobody's interest";
        }
    };
    let last = task.ended.last();
    let is_cancelled = matches!(&outcome, Err(failure) if *failure.reason() == Failure::Cancelled);
    assert!(!task.is_killed || is_cancelled, "task {n} was killed, and ended with {outcome:?}");
    let failure = match outcome {
        Ok(value) => {
            assert_eq!((value, last), ((n * n) as u64, Some(&Act::Value)), "task {n}");
            return "outcomes: values";
        }
        Err(failure) => failure,
    };
    assert_eq!(failure.label().is_some(), task.label, "task {n}: {failure}");
    let all_runs = |attempts: u32| {
        assert_eq!((attempts, task.runs), (task.retries + 1, task.retries + 1), "task {n}: {failure}");
    };
    match *failure.reason() {
        Failure::Panicked(_) => {
            assert_eq!(last, Some(&Act::Panic), "task {n}");
            "outcomes: panicked"
        }
        Failure::Unreadable(_) => {
            assert_eq!(last, Some(&Act::Refuse), "task {n}");
            "outcomes: unreadable"
        }
        Failure::Died { attempts, .. } => {
            all_runs(attempts);
            "outcomes: died"
        }
        Failure::Aborted { attempts, .. } => {
            all_runs(attempts);
            assert_eq!(last, Some(&Act::Abort), "task {n}");
            "outcomes: aborted"
        }
        Failure::TimedOut { attempts } => {
            all_runs(attempts);
            assert!(task.killed_after >= task.limit, "task {n} ran {:?}", task.killed_after);
            "outcomes: timed out"
        }
        Failure::NoWorker(_) => {
            let Troubles { start, hello, initializer, batch, idle } = troubles;
            assert!(start + hello + initializer + batch + idle > 0, "task {n} had no worker");
            "outcomes: no worker"
        }
        Failure::Cancelled => {
            let is_wanted = task.is_cancelled || task.sink.is_gone() || are_all_cancelled;
            assert!(is_wanted, "task {n} was not to be cancelled");
            "outcomes: cancelled"
        }
        Failure::Unknown(_) | Failure::Labelled { .. } => panic!("task {n}: {failure}"),
    }
}
