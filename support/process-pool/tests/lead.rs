//! Proves that nobody waits for ever because nobody leads: runs `src/unix/lead.rs` itself on loom's types, in the orders that
//! loom explores within a bound of preemptions. Then proves the proof: planted bugs, one of which shipped, must be found.
//!
//! The threads do as `drive.rs` does: two that wait for one task each, and the pool's own, which sees to tasks that nobody
//! waits for. Whoever leads brings tasks to their end, in any order. Where the pool's own thread would look again after a
//! while, it sleeps here until it is woken: it must not need that.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::sync::Arc; // not loom's: its drop panics again while a found bug unwinds, and that aborts the process

use lead::{Lead, wake_next};
use loom::sync::atomic::{AtomicBool, AtomicUsize};
use loom::thread;
use planted::Limits;
use sync::Ordering::SeqCst;
use sync::{Mutex, Thread, lock};

#[path = "../src/unix/lead.rs"]
mod lead;
#[path = "model/parking.rs"]
mod parking;

/// The shape of `src/unix/sync.rs`.
mod sync {
    pub use crate::parking::Thread;
    pub use loom::sync::{Mutex, MutexGuard};
    pub use std::sync::atomic::Ordering;

    pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap()
    }
}

/// What is done with the leadership, correctly or with a bug.
#[derive(Clone, Copy)]
struct Rules {
    try_begin: fn(&Lead, &Thread) -> bool,
    end: fn(&Lead, &Pool),
    leave: fn(&Lead, &Thread),
}

const SHIPPED: Rules =
    Rules { try_begin: Lead::try_begin, end: |lead, pool| lead.end(|| pool.is_needed()), leave: Lead::leave };

/// A task that somebody waits for.
#[derive(Default)]
struct Task {
    is_done: AtomicBool,
    waiter: Mutex<Option<Thread>>,
}

/// What the threads share.
struct Pool {
    lead: Lead,
    tasks: Vec<Task>,
    /// The task that ends next, and how many have ended.
    first: usize,
    ended: AtomicUsize,
    /// Tasks that nobody waits for.
    unattended: AtomicUsize,
    /// Woken when those have ended.
    attended: Thread,
    is_closed: AtomicBool,
}

impl Pool {
    fn new(tasks: usize, first: usize) -> Pool {
        let (ended, unattended, is_closed) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
        Pool {
            lead: Lead::default(),
            tasks: (0..tasks).map(|_| Task::default()).collect(),
            first,
            ended,
            unattended,
            attended: Thread::new(usize::MAX),
            is_closed,
        }
    }

    fn is_needed(&self) -> bool {
        self.unattended.load(SeqCst) > 0 || self.is_closed.load(SeqCst)
    }

    /// A round of the leader: one task ends.
    fn step(&self) {
        let ended = self.ended.load(SeqCst);
        if ended < self.tasks.len() {
            let task = &self.tasks[(self.first + ended) % self.tasks.len()];
            self.ended.store(ended + 1, SeqCst);
            task.is_done.store(true, SeqCst);
            if let Some(waiter) = lock(&task.waiter).take() {
                waiter.unpark();
            }
        } else if self.unattended.swap(0, SeqCst) > 0 {
            self.attended.unpark();
        }
    }

    /// As `Shared::wait` does.
    fn wait(&self, rules: Rules, n: usize) {
        let (task, me) = (&self.tasks[n], Thread::new(n));
        let mut has_followed = false;
        while !task.is_done.load(SeqCst) {
            if (rules.try_begin)(&self.lead, &me) {
                while !task.is_done.load(SeqCst) {
                    self.step();
                }
                (rules.end)(&self.lead, self);
                has_followed = false;
                continue;
            }
            has_followed = true;
            *lock(&task.waiter) = Some(me.clone());
            if task.is_done.load(SeqCst) {
                break;
            }
            me.park();
        }
        if has_followed {
            (rules.leave)(&self.lead, &me);
        }
    }

    /// As `drive` does.
    fn drive(&self, rules: Rules, me: &Thread) {
        while !self.is_closed.load(SeqCst) {
            if self.unattended.load(SeqCst) > 0 && self.lead.try_begin_as_driver() {
                while self.unattended.load(SeqCst) > 0 && !self.is_closed.load(SeqCst) {
                    self.step();
                }
                (rules.end)(&self.lead, self);
                continue;
            }
            me.park();
        }
    }
}

/// So many threads wait for a task each.
fn followed(rules: Rules, threads: usize, first: u32) {
    let pool = Arc::new(Pool::new(threads, first as usize));
    let wait = |n| {
        let pool = Arc::clone(&pool);
        thread::spawn(move || pool.wait(rules, n))
    };
    let threads: Vec<_> = (0..threads).map(wait).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let state = lock(&pool.lead.0);
    assert!(!state.is_led && state.followers.is_empty(), "nobody leads in the end, and nobody follows");
}

/// One thread waits for a task; another brings one that nobody waits for, and closes the pool when that has ended.
fn driven(rules: Rules, closes_at_once: bool) {
    let pool = Arc::new(Pool::new(1, 0));
    let me = Thread::new(usize::MAX);
    pool.lead.set_driver(Some(me.clone()));
    let driver = {
        let pool = Arc::clone(&pool);
        thread::spawn(move || pool.drive(rules, &me))
    };
    let waiter = {
        let pool = Arc::clone(&pool);
        thread::spawn(move || pool.wait(rules, 0))
    };
    if !closes_at_once {
        // As `Shared::attend` does.
        pool.unattended.fetch_add(1, SeqCst);
        pool.lead.wake_driver();
        waiter.join().unwrap();
        pool.attended.park();
    }
    // As `Shared::close` does.
    pool.is_closed.store(true, SeqCst);
    pool.lead.wake_driver();
    driver.join().unwrap();
}

/// Explores a model with so many preemptions, for each of two plans. Fails below `least` executions.
fn explore(name: &str, preemptions: usize, least: usize, model: impl Fn(u32) + Send + Sync + 'static) {
    planted::explore_plans(name, Limits { preemptions: Some(preemptions), branches: 5_000, least }, 2, model);
}

#[test]
fn who_follows_is_told_or_leads() {
    explore("two that wait", 5, 1_000, |first| followed(SHIPPED, 2, first));
    explore("three that wait", 3, 10_000, |first| followed(SHIPPED, 3, first));
}

#[test]
fn the_pools_own_thread_is_woken() {
    explore("one that waits, and the pool's own thread", 3, 15_000, |plan| driven(SHIPPED, plan == 1));
}

fn caught(test: &str, reason: &str, model: impl Fn(u32) + Send + Sync + 'static) {
    planted::caught(test, reason, || explore("planted", 2, 1, model));
}

#[test]
fn finds_a_leader_that_wakes_nobody() {
    let end = |lead: &Lead, _: &Pool| lock(&lead.0).is_led = false;
    caught("finds_a_leader_that_wakes_nobody", "deadlock", move |first| followed(Rules { end, ..SHIPPED }, 2, first));
}

/// It was woken to lead, and its task had ended in that moment.
#[test]
fn finds_a_follower_that_leaves_without_a_word() {
    let leave = |lead: &Lead, me: &Thread| lock(&lead.0).followers.retain(|follower| follower.id() != me.id());
    let test = "finds_a_follower_that_leaves_without_a_word";
    caught(test, "deadlock", move |first| followed(Rules { leave, ..SHIPPED }, 3, first));
}

#[test]
fn finds_a_look_and_a_request_in_two_steps() {
    let try_begin = |lead: &Lead, me: &Thread| {
        let is_free = !lock(&lead.0).is_led;
        if is_free {
            lead.try_begin(me)
        } else {
            lock(&lead.0).followers.push_back(me.clone());
            false
        }
    };
    let test = "finds_a_look_and_a_request_in_two_steps";
    caught(test, "deadlock", move |first| followed(Rules { try_begin, ..SHIPPED }, 2, first));
}

/// This one shipped: the leader asked whether the pool's own thread had something to do while it still led; whoever brought
/// something then saw a leader, and woke nobody either.
#[test]
fn finds_a_question_asked_too_early() {
    let end = |lead: &Lead, pool: &Pool| {
        let wakes_driver = pool.is_needed();
        let mut state = lock(&lead.0);
        state.is_led = false;
        wake_next(state, wakes_driver);
    };
    let test = "finds_a_question_asked_too_early";
    caught(test, "deadlock", move |plan| driven(Rules { end, ..SHIPPED }, plan == 1));
}
