//! The proof that no task is lost or run twice while its worker lives: `src/unix/claim_state.rs` itself, with loom's parts in the place
//! of std's, in every order that loom knows. And the proof of that proof: bugs that it must find, one of which shipped.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc; // not loom's: its drop panics again while a found bug unwinds, and that aborts the process
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use claim_state::{ClaimState, Progress, join, split};
use loom::thread;

#[path = "../src/unix/claim_state.rs"]
#[allow(dead_code, reason = "when a task began is of no account here")]
mod claim_state;

/// The shape of `src/unix/sync.rs`.
mod sync {
    pub use loom::sync::atomic::AtomicU64;
    pub use std::sync::atomic::Ordering;
}
use sync::Ordering::SeqCst;

/// What worker and parent do with the words, and may do wrong.
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

/// The number of the first task: the third and the fourth are counted on the other side of zero.
const FIRST: u32 = u32::MAX - 1;

/// As in `Worker::batch`: begins one after the other; once one was taken back, passes over all behind it in the same batch.
/// Gives up, as if it died, after so many steps. Returns which tasks it began.
fn work(words: &ClaimState, rules: Rules, batches: [u32; 2], mut steps: u32) -> [bool; 4] {
    let mut began = [false; 4];
    let mut n = 0;
    for tasks in batches {
        let behind = n + tasks;
        while n < behind {
            if !(rules.begin)(words, FIRST.wrapping_add(n)) {
                (rules.skip_to)(words, FIRST.wrapping_add(behind));
                n = behind;
                break;
            }
            began[n as usize] = true;
            if steps == 0 {
                return began;
            }
            steps -= 1;
            words.end(FIRST.wrapping_add(n));
            n += 1;
        }
    }
    began
}

/// ClaimState of a worker that has been sent two batches, two tasks each, and has begun none.
fn sent() -> ClaimState {
    let words = ClaimState::default();
    words.skip_to(FIRST);
    words.allow(FIRST.wrapping_add(4));
    words
}

fn count(from: u32) -> usize {
    from.wrapping_sub(FIRST) as usize
}

/// The parent takes back what has not been begun: each task is either begun or taken back, and never both. Afterwards more can
/// be sent.
fn recalled(rules: Rules) {
    let words = Arc::new(sent());
    let worker = {
        let words = Arc::clone(&words);
        thread::spawn(move || work(&words, rules, [2, 2], u32::MAX))
    };
    let kept = count((rules.recall)(&words));
    let Progress { begun, ended } = (rules.progress)(&words);
    assert!(count(begun) >= count(ended), "no more have ended than were begun: {} {}", count(begun), count(ended));
    let began = worker.join().unwrap();
    for (n, began) in began.into_iter().enumerate() {
        assert_eq!(began, n < kept, "task {n}, of which {kept} were left to the worker");
    }
    assert_eq!(words.progress(), Progress { begun: FIRST.wrapping_add(4), ended: FIRST.wrapping_add(4) });
    words.allow(FIRST.wrapping_add(5));
    assert!((rules.begin)(&words, FIRST.wrapping_add(4)), "what is sent now is begun");
}

/// The worker dies somewhere; its parent, which may look at it meanwhile, blames the task that ran and no other.
fn dead(rules: Rules, steps: u32) {
    let words = Arc::new(sent());
    let worker = {
        let words = Arc::clone(&words);
        thread::spawn(move || work(&words, rules, [2, 2], steps))
    };
    let Progress { begun, ended } = (rules.progress)(&words);
    assert!(count(begun) >= count(ended), "no more have ended than were begun: {} {}", count(begun), count(ended));
    let began = worker.join().unwrap();
    let seen = (rules.progress)(&words);
    assert_eq!(count(seen.begun), began.iter().filter(|began| **began).count());
    let runs = u32::from(steps < 4);
    assert_eq!(seen.begun.wrapping_sub(seen.ended), runs, "one ran, or none");
}

/// Explores a model without a bound, and says how many executions that took. Fails if there are fewer than stated.
fn explore(name: &str, least: usize, model: impl Fn() + Send + Sync + 'static) {
    let executions = Arc::new(AtomicUsize::new(0));
    let mut builder = loom::model::Builder::new();
    // Whatever LOOM_* variables say: loom stops early in silence at the limits, and a model that stopped proves nothing.
    builder.preemption_bound = None;
    builder.max_permutations = None;
    builder.max_duration = None;
    let counted = Arc::clone(&executions);
    builder.check(move || {
        counted.fetch_add(1, Relaxed);
        model();
    });
    let n = executions.load(Relaxed);
    // Straight to the handle: the test harness would keep what eprintln! prints.
    let _ = writeln!(std::io::stderr(), "loom: {name}: no preemption bound, {n} executions (at least {least})");
    assert!(n >= least, "{name}: explored {n} executions, fewer than {least}: the model has become vacuous");
}

#[test]
fn what_is_taken_back_is_not_begun_and_what_is_begun_is_not_taken_back() {
    explore("two batches, taken back", 90, || recalled(SHIPPED));
}

#[test]
fn the_task_that_ran_is_to_blame() {
    for (steps, least) in [(1, 15), (2, 30), (3, 50), (4, 60)] {
        explore(&format!("two batches, dead after {steps} tasks"), least, move || dead(SHIPPED, steps));
    }
}

/// Explores a model that must fail, in these words.
fn caught(reason: &str, model: impl Fn() + Send + Sync + 'static) {
    let found = panic::catch_unwind(AssertUnwindSafe(|| explore("planted", 1, model)));
    let said = found.expect_err("the bug was not found");
    let said = said.downcast_ref::<String>().cloned().unwrap_or_default();
    assert!(said.contains(reason), "found, but not as \"{reason}\": {said}");
}

/// This one shipped: once the worker had passed over the rest of one batch, the limit was behind it and no limit any more, and
/// it ran the next batch, which had been taken back as well.
#[test]
fn a_limit_that_can_be_passed() {
    let begin = |words: &ClaimState, n: u32| {
        let claim = |word: u64| {
            let (limit, begun) = split(word);
            (begun == n && limit != n).then(|| join(limit, n.wrapping_add(1)))
        };
        words.claim.fetch_update(SeqCst, SeqCst, claim).is_ok()
    };
    caught("were left to the worker", move || recalled(Rules { begin, ..SHIPPED }));
}

#[test]
fn begun_in_two_steps() {
    let begin = |words: &ClaimState, n: u32| {
        let (limit, begun) = split(words.claim.load(SeqCst));
        let may = begun == n && (1..1 << 31).contains(&limit.wrapping_sub(n));
        if may {
            words.claim.store(join(limit, n.wrapping_add(1)), SeqCst);
        }
        may
    };
    caught("were left to the worker", move || recalled(Rules { begin, ..SHIPPED }));
}

#[test]
fn taken_back_in_two_steps() {
    let recall = |words: &ClaimState| {
        let (_, begun) = split(words.claim.load(SeqCst));
        words.claim.store(join(begun, begun), SeqCst);
        begun
    };
    caught("were left to the worker", move || recalled(Rules { recall, ..SHIPPED }));
}

#[test]
fn nothing_is_passed_over() {
    caught("left == right", move || recalled(Rules { skip_to: |_, _| (), ..SHIPPED }));
}

/// Whoever dies between the two would be thought to have died of a task that had ended.
#[test]
fn passed_over_in_the_wrong_order() {
    let skip_to = |words: &ClaimState, n: u32| {
        words.end(n.wrapping_sub(1));
        let _ = words.claim.fetch_update(SeqCst, SeqCst, |word| Some(join(split(word).0, n)));
    };
    caught("no more have ended than were begun", move || recalled(Rules { skip_to, ..SHIPPED }));
}

#[test]
fn begun_is_looked_at_before_ended() {
    let progress = |words: &ClaimState| {
        let begun = split(words.claim.load(SeqCst)).1;
        Progress { begun, ended: words.progress().ended }
    };
    caught("no more have ended than were begun", move || dead(Rules { progress, ..SHIPPED }, 4));
}
