//! The pool's own thread. It drives the scheduler as long as there is something that nobody waits for.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use crate::unix::drive::Shared;
use crate::unix::sync::lock;

/// The thread looks this often whether there are tasks that nobody waits for, as long as there were some lately: to wake it
/// for each would cost more than such a task.
const TICK: Duration = Duration::from_millis(1);
/// After so many ticks without any, it sleeps until it is woken.
const QUIET_TICKS: u32 = 8;

/// There is something that nobody may be waiting for. `is_urgent` if a worker may be idle unless the scheduler is driven now.
/// False if nobody can drive it: the system grants no thread.
pub fn attend(shared: &Arc<Shared>, is_urgent: bool) -> bool {
    shared.attention.begin();
    wake(shared, is_urgent)
}

/// As [`attend`], for something that is counted already.
pub fn wake(shared: &Arc<Shared>, is_urgent: bool) -> bool {
    // A forked process has no such thread, and the lock may have been held by a thread that it has not.
    if shared.is_of_another_process() {
        return false;
    }
    let attention = &shared.attention;
    // The thread looks once more whether it is needed when it has led.
    if attention.driver_leads.load(Ordering::SeqCst) || (!is_urgent && !attention.driver_sleeps.load(Ordering::SeqCst))
    {
        return true;
    }
    let mut has_driver = lock(&attention.has_driver);
    if !*has_driver {
        let weak = Arc::downgrade(shared);
        let driver = thread::Builder::new().name("pool-driver".to_owned()).spawn(move || run(&weak));
        let Ok(driver) = driver else { return false };
        *has_driver = true;
        shared.set_driver(Some(driver.thread().clone()));
    }
    drop(has_driver);
    attention.driver_sleeps.store(false, Ordering::SeqCst);
    shared.wake_driver();
    true
}

/// Somebody uses results one by one, until this is dropped. If they do something else for a [`TICK`], the thread leads.
pub struct Iterating(Arc<Shared>);

impl Iterating {
    pub fn begin(shared: &Arc<Shared>) -> Iterating {
        shared.attention.begin_iterator();
        // Without such a thread nothing is received in that time.
        wake(shared, false);
        Iterating(Arc::clone(shared))
    }
}

impl Drop for Iterating {
    fn drop(&mut self) {
        if !self.0.is_of_another_process() {
            self.0.attention.end_iterator();
            self.0.ring();
        }
    }
}

fn run(shared: &Weak<Shared>) {
    let mut quiet = 0;
    let mut turns_before = None;
    loop {
        let Some(pool) = shared.upgrade() else { return };
        if pool.is_closed() {
            pool.set_driver(None);
            return;
        }
        let attention = &pool.attention;
        // Whoever uses results one by one has led in the last tick, or does something else.
        let turns = Some(pool.turns());
        let is_idle = std::mem::replace(&mut turns_before, turns) == turns;
        let is_needed = attention.is_unattended() || (is_idle && attention.has_work());
        if is_needed && pool.lead_as_driver(&|| !attention.has_work() || pool.is_closed()) {
            quiet = 0;
            turns_before = None;
            continue;
        }
        // Somebody else leads, and wakes this thread afterwards; or there is nothing to do.
        quiet = if attention.has_work() { 0 } else { quiet + 1 };
        if quiet <= QUIET_TICKS {
            drop(pool);
            thread::park_timeout(TICK);
            continue;
        }
        attention.driver_sleeps.store(true, Ordering::SeqCst);
        if !attention.has_work() {
            drop(pool);
            thread::park();
        }
        quiet = 0;
        turns_before = None;
    }
}
