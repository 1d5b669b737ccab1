//! Proves that no task is lost or run twice while its worker lives: runs `src/unix/claim_state.rs` itself on loom's
//! atomics, in every order that loom explores. Then proves the proof: planted bugs, one of which shipped, must be
//! found.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc; // not loom's: its drop panics again while a found bug unwinds, and that aborts the process

use claim_state::{ClaimState, Progress, join, split};
use loom::thread;
use planted::Limits;

#[path = "../src/unix/claim_state.rs"]
#[allow(dead_code, reason = "when a task began is of no account here")]
mod claim_state;

/// The shape of `src/unix/sync.rs`.
mod sync {
    pub use loom::sync::atomic::AtomicU64;
    pub use std::sync::atomic::Ordering;
}
use sync::Ordering::SeqCst;

/// What worker and parent do with the state, correctly or with a bug.
#[derive(Clone, Copy)]
struct Rules {
    begin: fn(&ClaimState, u32) -> bool,
    skip_to: fn(&ClaimState, u32),
    recall: fn(&ClaimState) -> u32,
    progress: fn(&ClaimState) -> Progress,
}

const SHIPPED: Rules = Rules {
    begin: ClaimState::begin,
    skip_to: ClaimState::skip_to,
    recall: ClaimState::recall,
    progress: ClaimState::progress,
};

/// The number of the first task: the third and fourth come after the counter wraps.
const FIRST: u32 = u32::MAX - 1;

/// As in the worker's `run_batch`: begins one task after the other; after a recalled one, skips the rest of the batch.
/// Stops, as if it died, after `steps` steps. Returns the tasks that it began.
fn work(state: &ClaimState, rules: Rules, batches: [u32; 2], mut steps: u32) -> [bool; 4] {
    let mut began = [false; 4];
    let mut n = 0;
    for tasks in batches {
        let behind = n + tasks;
        while n < behind {
            if !(rules.begin)(state, FIRST.wrapping_add(n)) {
                (rules.skip_to)(state, FIRST.wrapping_add(behind));
                n = behind;
                break;
            }
            began[n as usize] = true;
            if steps == 0 {
                return began;
            }
            steps -= 1;
            state.end(FIRST.wrapping_add(n));
            n += 1;
        }
    }
    began
}

/// The state of a worker that was sent two batches of two tasks and has begun none.
fn sent() -> ClaimState {
    let state = ClaimState::default();
    state.skip_to(FIRST);
    state.allow(FIRST.wrapping_add(4));
    state
}

fn count(from: u32) -> usize {
    from.wrapping_sub(FIRST) as usize
}

/// The parent recalls what has not begun: each task either begins or is recalled, never both. Afterwards more can be
/// sent.
fn recalled(rules: Rules) {
    let state = Arc::new(sent());
    let worker = {
        let state = Arc::clone(&state);
        thread::spawn(move || work(&state, rules, [2, 2], u32::MAX))
    };
    let kept = count((rules.recall)(&state));
    let Progress { begun, ended } = (rules.progress)(&state);
    assert!(count(begun) >= count(ended), "no more have ended than were begun: {} {}", count(begun), count(ended));
    let began = worker.join().unwrap();
    for (n, began) in began.into_iter().enumerate() {
        assert_eq!(began, n < kept, "task {n}, of which {kept} were left to the worker");
    }
    assert_eq!(state.progress(), Progress { begun: FIRST.wrapping_add(4), ended: FIRST.wrapping_add(4) });
    state.allow(FIRST.wrapping_add(5));
    assert!((rules.begin)(&state, FIRST.wrapping_add(4)), "what is sent now is begun");
}

/// The worker dies at some step; its parent, which may read its progress meanwhile, blames the task that ran and no
/// other.
fn dead(rules: Rules, steps: u32) {
    let state = Arc::new(sent());
    let worker = {
        let state = Arc::clone(&state);
        thread::spawn(move || work(&state, rules, [2, 2], steps))
    };
    let Progress { begun, ended } = (rules.progress)(&state);
    assert!(count(begun) >= count(ended), "no more have ended than were begun: {} {}", count(begun), count(ended));
    let began = worker.join().unwrap();
    let seen = (rules.progress)(&state);
    assert_eq!(count(seen.begun), began.iter().filter(|began| **began).count());
    let runs = u32::from(steps < 4);
    assert_eq!(seen.begun.wrapping_sub(seen.ended), runs, "one ran, or none");
}

/// Explores a model without a preemption bound. Fails below `least` executions.
fn explore(name: &str, least: usize, model: impl Fn() + Send + Sync + 'static) {
    planted::explore(name, Limits { preemptions: None, branches: 1_000, least }, model);
}

#[test]
fn a_task_is_either_begun_or_recalled() {
    explore("two batches, recalled", 90, || recalled(SHIPPED));
}

#[test]
fn only_the_running_task_is_blamed() {
    for (steps, least) in [(1, 15), (2, 30), (3, 50), (4, 60)] {
        explore(&format!("two batches, dead after {steps} tasks"), least, move || dead(SHIPPED, steps));
    }
}

/// Explores a model that must fail with this message.
fn caught(reason: &str, model: impl Fn() + Send + Sync + 'static) {
    let found = panic::catch_unwind(AssertUnwindSafe(|| explore("planted", 1, model)));
    let said = found.expect_err("the bug was not found");
    let said = said.downcast_ref::<String>().cloned().unwrap_or_default();
    assert!(said.contains(reason), "found, but not as \"{reason}\": {said}");
}

/// This one shipped: after the worker had skipped the rest of one batch, it was past the limit, which no longer held, and it ran
/// the next batch, which had been recalled as well.
#[test]
fn finds_a_limit_that_can_be_passed() {
    let begin = |state: &ClaimState, n: u32| {
        let claim = |word: u64| {
            let (limit, begun) = split(word);
            (begun == n && limit != n).then(|| join(limit, n.wrapping_add(1)))
        };
        state.claim.fetch_update(SeqCst, SeqCst, claim).is_ok()
    };
    caught("were left to the worker", move || recalled(Rules { begin, ..SHIPPED }));
}

#[test]
fn finds_a_begin_in_two_steps() {
    let begin = |state: &ClaimState, n: u32| {
        let (limit, begun) = split(state.claim.load(SeqCst));
        let may = begun == n && (1..1 << 31).contains(&limit.wrapping_sub(n));
        if may {
            state.claim.store(join(limit, n.wrapping_add(1)), SeqCst);
        }
        may
    };
    caught("were left to the worker", move || recalled(Rules { begin, ..SHIPPED }));
}

#[test]
fn finds_a_recall_in_two_steps() {
    let recall = |state: &ClaimState| {
        let (_, begun) = split(state.claim.load(SeqCst));
        state.claim.store(join(begun, begun), SeqCst);
        begun
    };
    caught("were left to the worker", move || recalled(Rules { recall, ..SHIPPED }));
}

#[test]
fn finds_a_missing_skip() {
    caught("left == right", move || recalled(Rules { skip_to: |_, _| (), ..SHIPPED }));
}

/// A worker that dies between the two would be thought to have died of a task that had ended.
#[test]
fn finds_a_skip_in_the_wrong_order() {
    let skip_to = |state: &ClaimState, n: u32| {
        state.end(n.wrapping_sub(1));
        let _ = state.claim.fetch_update(SeqCst, SeqCst, |word| Some(join(split(word).0, n)));
    };
    caught("no more have ended than were begun", move || recalled(Rules { skip_to, ..SHIPPED }));
}

#[test]
fn finds_begun_loaded_before_ended() {
    let progress = |state: &ClaimState| {
        let begun = split(state.claim.load(SeqCst)).1;
        Progress { begun, ended: state.progress().ended }
    };
    caught("no more have ended than were begun", move || dead(Rules { progress, ..SHIPPED }, 4));
}
