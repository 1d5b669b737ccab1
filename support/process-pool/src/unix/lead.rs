//! Who drives the scheduler. Whoever waits for results does it, so that a call costs no switch of threads; of several that
//! wait, one leads, and the others sleep until their results are there, or until they are to lead. Where nobody waits, a
//! thread of the pool leads.

use std::collections::VecDeque;

use std::thread::Thread;

use crate::unix::sync::{Mutex, MutexGuard, lock};

/// The right to drive: there is one leader at most.
#[derive(Default)]
pub struct Lead(Mutex<State>);

#[derive(Default)]
struct State {
    is_led: bool,
    /// Those that would lead.
    followers: VecDeque<Thread>,
    /// The pool's own thread, which leads when there are no followers.
    driver: Option<Thread>,
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

    /// The leader stops, and the next one is woken: the pool's own thread only if it has something to do.
    pub fn end(&self, wakes_driver: bool) {
        let mut state = lock(&self.0);
        state.is_led = false;
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
fn wake_next(mut state: MutexGuard<'_, State>, wakes_driver: bool) {
    let next = state.followers.pop_front().or_else(|| if wakes_driver { state.driver.clone() } else { None });
    drop(state);
    if let Some(next) = next {
        next.unpark();
    }
}
