//! Proves that a task has one outcome, and that whoever waits for it is told: runs `src/unix/task_state.rs` itself on loom's
//! types, in every order that loom explores. Then proves the proof: planted bugs must be found.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::sync::Arc; // not loom's: its drop panics again while a found bug unwinds, and that aborts the process

use loom::thread;
use parking::Thread;
use planted::Limits;
use sync::{Ordering::SeqCst, lock};
use task_state::{ENDED, SENT, TaskState, WAITING};

#[path = "model/parking.rs"]
#[allow(dead_code, reason = "who it is is of no account here")]
mod parking;
#[path = "../src/unix/task_state.rs"]
mod task_state;

/// The shape of `src/unix/sync.rs`.
mod sync {
    pub use loom::sync::atomic::AtomicU8;
    pub use loom::sync::{Mutex, MutexGuard};
    pub use std::sync::atomic::Ordering;

    pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap()
    }
}

/// The outcome says who brought it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Scheduler,
    Canceller,
}

type State = TaskState<By, Thread>;

/// What is done with the state, correctly or with a bug.
#[derive(Clone, Copy)]
struct Rules {
    begin: fn(&State) -> bool,
    finish: fn(&State, By) -> Option<Thread>,
    cancel: fn(&State, By) -> Result<Option<Thread>, ()>,
    is_done: fn(&State) -> bool,
    take_or_notify: fn(&State, Thread) -> Option<By>,
    notify: fn(&State, Thread) -> Option<Thread>,
}

const SHIPPED: Rules = Rules {
    begin: State::begin,
    finish: State::finish,
    cancel: State::cancel,
    is_done: State::is_done,
    take_or_notify: State::take_or_notify,
    notify: State::notify,
};

/// Who waits, and how.
#[derive(Clone, Copy)]
enum Waiter {
    /// Nobody; the outcome is looked at in the end.
    Nobody,
    /// Takes the outcome, or is to be notified, as a future does.
    TakesOrIsNotified,
    /// Asks whether it is there, and else is to be notified, as a thread does.
    AsksAndIsNotified,
}

fn wake(thread: Option<Thread>) {
    if let Some(thread) = thread {
        thread.unpark();
    }
}

/// Sends the task; `recalls` times it comes back, and waits again. True if it ends it.
fn schedule(state: &State, rules: Rules, recalls: usize) -> bool {
    for _ in 0..recalls {
        if !(rules.begin)(state) {
            return false;
        }
        state.wait_again();
    }
    if !(rules.begin)(state) {
        return false;
    }
    wake((rules.finish)(state, By::Scheduler));
    true
}

fn wait(state: &State, rules: Rules, waiter: Waiter) -> Option<By> {
    let me = Thread::new(0);
    match waiter {
        Waiter::Nobody => None,
        Waiter::TakesOrIsNotified => {
            let at_once = (rules.take_or_notify)(state, me.clone());
            if at_once.is_some() {
                return at_once;
            }
            me.park();
            Some(state.take().expect("who is notified finds the outcome"))
        }
        Waiter::AsksAndIsNotified => {
            if !(rules.is_done)(state) {
                wake((rules.notify)(state, me.clone()));
                if !(rules.is_done)(state) {
                    me.park();
                    assert!((rules.is_done)(state), "who is notified finds it done");
                }
            }
            let outcome = state.take().expect("what is done has its outcome");
            assert!((rules.is_done)(state), "what was taken is still done");
            Some(outcome)
        }
    }
}

/// The scheduler, somebody who cancels, and somebody who waits.
fn ended(rules: Rules, recalls: usize, waiter: Waiter) {
    let state = Arc::new(State::new());
    let scheduler = {
        let state = Arc::clone(&state);
        thread::spawn(move || schedule(&state, rules, recalls))
    };
    let canceller = {
        let state = Arc::clone(&state);
        thread::spawn(move || {
            let cancelled = (rules.cancel)(&state, By::Canceller);
            cancelled.map(wake).is_ok()
        })
    };
    let waited = wait(&state, rules, waiter);
    let (finished, cancelled) = (scheduler.join().unwrap(), canceller.join().unwrap());
    assert!(finished != cancelled, "one of them ends it: finished {finished}, cancelled {cancelled}");
    let outcome = waited.or_else(|| state.take());
    assert_eq!(outcome, Some(if finished { By::Scheduler } else { By::Canceller }));
    assert_eq!(state.take(), None, "there is one outcome");
    assert!((rules.is_done)(&state));
}

/// Explores a model, with so many preemptions at most. Fails below `least` executions.
fn explore(name: &str, preemptions: Option<usize>, least: usize, model: impl Fn() + Send + Sync + 'static) {
    planted::explore(name, Limits { preemptions, branches: 1_000, least }, model);
}

#[test]
fn a_task_is_finished_or_cancelled() {
    explore("nobody waits", None, 15, || ended(SHIPPED, 0, Waiter::Nobody));
    explore("recalled, nobody waits", None, 40, || ended(SHIPPED, 1, Waiter::Nobody));
}

#[test]
fn a_future_is_woken() {
    explore("a future", None, 800, || ended(SHIPPED, 0, Waiter::TakesOrIsNotified));
    explore("recalled, a future", None, 1_500, || ended(SHIPPED, 1, Waiter::TakesOrIsNotified));
}

#[test]
fn a_thread_is_woken() {
    explore("a thread", Some(5), 15_000, || ended(SHIPPED, 0, Waiter::AsksAndIsNotified));
    explore("recalled, a thread", Some(4), 12_000, || ended(SHIPPED, 1, Waiter::AsksAndIsNotified));
}

/// Explores a model that must fail with this message.
fn caught(test: &str, reason: &str, rules: Rules, waiter: Waiter) {
    planted::caught(test, reason, || explore("planted", Some(3), 1, move || ended(rules, 1, waiter)));
}

#[test]
fn finds_a_begin_in_two_steps() {
    let begin = |state: &State| {
        let waits = state.stage.load(SeqCst) == WAITING;
        if waits {
            state.stage.store(SENT, SeqCst);
        }
        waits
    };
    caught("finds_a_begin_in_two_steps", "one of them ends it", Rules { begin, ..SHIPPED }, Waiter::Nobody);
}

#[test]
fn finds_a_cancellation_of_what_is_sent() {
    let cancel = |state: &State, by: By| {
        if state.stage.swap(ENDED, SeqCst) == ENDED { Err(()) } else { Ok(state.finish(by)) }
    };
    let test = "finds_a_cancellation_of_what_is_sent";
    caught(test, "one of them ends it", Rules { cancel, ..SHIPPED }, Waiter::Nobody);
}

/// The stage is set before the outcome is there.
#[test]
fn finds_done_without_an_outcome() {
    let is_done = |state: &State| state.stage.load(SeqCst) == ENDED;
    let test = "finds_done_without_an_outcome";
    caught(test, "what is done has its outcome", Rules { is_done, ..SHIPPED }, Waiter::AsksAndIsNotified);
}

#[test]
fn finds_a_notification_taken_before_the_outcome() {
    let finish = |state: &State, by: By| {
        let notify = lock(&state.result).notify.take();
        let later = state.finish(by);
        assert!(later.is_none() || notify.is_none());
        notify
    };
    let test = "finds_a_notification_taken_before_the_outcome";
    caught(test, "deadlock", Rules { finish, ..SHIPPED }, Waiter::TakesOrIsNotified);
}

#[test]
fn finds_a_look_and_a_request_in_two_steps() {
    let take_or_notify = |state: &State, thread: Thread| {
        let outcome = state.take();
        if outcome.is_none() {
            lock(&state.result).notify = Some(thread);
        }
        outcome
    };
    let test = "finds_a_look_and_a_request_in_two_steps";
    caught(test, "deadlock", Rules { take_or_notify, ..SHIPPED }, Waiter::TakesOrIsNotified);
}

/// This one shipped: whoever had taken the outcome could wait for it once more, for ever.
#[test]
fn finds_what_was_taken_and_is_not_done() {
    let is_done = |state: &State| state.stage.load(SeqCst) == ENDED && lock(&state.result).outcome.is_some();
    let test = "finds_what_was_taken_and_is_not_done";
    caught(test, "what was taken is still done", Rules { is_done, ..SHIPPED }, Waiter::AsksAndIsNotified);
}
