//! Who drives the scheduler. Whoever waits for results does it, so that a call costs no switch of threads; of several that
//! wait, one leads, and the others sleep until their results are there, or until they are to lead. Where nobody waits, a
//! thread of the pool leads. `tests/lead.rs` verifies this file with loom.

use std::collections::VecDeque;

use super::sync::{Mutex, MutexGuard, Thread, lock};

/// The right to drive: there is one leader at most.
#[derive(Default)]
pub struct Lead(pub(super) Mutex<State>);

#[derive(Default)]
pub(super) struct State {
    pub(super) is_led: bool,
    /// Those that would lead.
    pub(super) followers: VecDeque<Thread>,
    /// The pool's own thread, which leads when there are no followers.
    pub(super) driver: Option<Thread>,
}

impl Lead {
    /// The calling thread leads if nobody does. Else it is woken when it can; it may be woken without that, too.
    pub fn try_begin(&self, me: &Thread) -> bool {
        let mut state = lock(&self.0);
        if !state.is_led {
            state.is_led = true;
            state.followers.retain(|follower| follower.id() != me.id());
            return true;
        }
        if state.followers.iter().all(|follower| follower.id() != me.id()) {
            state.followers.push_back(me.clone());
        }
        false
    }

    /// The same for the pool's own thread.
    pub fn try_begin_as_driver(&self) -> bool {
        let mut state = lock(&self.0);
        !std::mem::replace(&mut state.is_led, true)
    }

    /// The leader stops, and the next one is woken: the pool's own thread only if it has something to do. That is asked when
    /// nobody leads any more: whoever brings something before sees a leader, and leaves it to that one to wake the driver.
    pub fn end(&self, wakes_driver: impl FnOnce() -> bool) {
        let mut state = lock(&self.0);
        state.is_led = false;
        let wakes_driver = wakes_driver();
        wake_next(state, wakes_driver);
    }

    /// A thread that did not lead does not wait any more. If it had been woken to lead, it wakes the next.
    pub fn leave(&self, me: &Thread) {
        let mut state = lock(&self.0);
        let before = state.followers.len();
        state.followers.retain(|follower| follower.id() != me.id());
        if state.followers.len() == before && !state.is_led {
            wake_next(state, true);
        }
    }

    pub fn set_driver(&self, driver: Option<Thread>) {
        lock(&self.0).driver = driver;
    }

    /// Wakes the pool's own thread, if there is one and nobody leads.
    pub fn wake_driver(&self) {
        let state = lock(&self.0);
        if !state.is_led
            && let Some(driver) = &state.driver
        {
            driver.unpark();
        }
    }
}

/// Wakes whoever is to lead next.
pub(super) fn wake_next(mut state: MutexGuard<'_, State>, wakes_driver: bool) {
    let next = state.followers.pop_front().or_else(|| if wakes_driver { state.driver.clone() } else { None });
    drop(state);
    if let Some(next) = next {
        next.unpark();
    }
}
