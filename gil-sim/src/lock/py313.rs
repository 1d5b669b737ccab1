//! The GIL of CPython 3.13 and later: as `shared`, but the request to let go is addressed to the holder.
//!
//! CPython keeps it as a bit in the holder's own `eval_breaker` (`_PY_GIL_DROP_REQUEST_BIT`). Only the thread that runs looks,
//! and a later request is always for a later holder; so here one word that names the addressee does what all those bits do.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::held::{Lock, NOBODY, SHORTEST, ThreadId};
use super::py32::Finalizing;
use crate::sync::{AtomicBool, AtomicU64, Condvar, Mutex};

/// The lock. CPython's `struct _gil_runtime_state`.
#[derive(Debug)]
pub struct AddressedGil {
    /// `mutex`: protects whether the lock is taken.
    state: Mutex<State>,
    /// `cond`: signalled when the lock becomes free; one waiter wakes.
    freed: Condvar,
    /// `switch_mutex`: orders the taker's store of `last_holder` against the releaser's check of it.
    switch: Mutex<()>,
    /// `switch_cond`: signalled when somebody has taken the lock.
    switched: Condvar,
    /// The thread that is asked to let go: the one whose `_PY_GIL_DROP_REQUEST_BIT` is set.
    asked: AtomicU64,
    /// `last_holder`: who holds it, or held it last.
    last_holder: AtomicU64,
    /// `interval`: how long a waiter waits before it asks.
    interval: Duration,
}

#[derive(Debug)]
struct State {
    /// `locked`.
    locked: bool,
    /// `switch_number`: how often the lock went to another thread than before.
    switch_number: u64,
}

impl AddressedGil {
    /// A free lock with this switch interval.
    pub fn new(interval: Duration) -> AddressedGil {
        AddressedGil {
            state: Mutex::new(State { locked: false, switch_number: 0 }),
            freed: Condvar::new(),
            switch: Mutex::new(()),
            switched: Condvar::new(),
            asked: AtomicU64::new(NOBODY),
            last_holder: AtomicU64::new(NOBODY),
            interval: interval.max(SHORTEST),
        }
    }

    /// Waits for the lock like [`Lock::take`], but gives up as soon as it sees that the interpreter is ending: a daemon thread.
    /// CPython's `must_exit`. On `Ok` the lock is held.
    pub fn take_unless(&self, me: ThreadId, ending: &AtomicBool) -> Result<(), Finalizing> {
        self.take_gil(me, || ending.load(Relaxed))
    }

    // ANCHOR: take
    /// `take_gil`.
    fn take_gil(&self, me: ThreadId, must_exit: impl Fn() -> bool) -> Result<(), Finalizing> {
        let mut state = self.state.lock();
        let mut requested_of = NOBODY;
        while state.locked {
            let saved = state.switch_number;
            let (back, timed_out) = self.freed.wait_timeout(&self.state, state, self.interval);
            state = back;
            // A switch while we waited starts a new interval: the present holder has not had its time yet.
            if timed_out && state.locked && state.switch_number == saved {
                if must_exit() {
                    self.withdraw(requested_of);
                    return Err(Finalizing);
                }
                requested_of = self.last_holder.load(Relaxed);
                self.asked.store(requested_of, Relaxed);
            }
        }
        {
            let _switch = self.switch.lock();
            state.locked = true;
            if self.last_holder.load(Relaxed) != me.0 {
                self.last_holder.store(me.0, Relaxed);
                state.switch_number += 1;
            }
            self.switched.notify_one();
        }
        // Clears only the request to this thread, made before its last release; requests to others stay.
        self.clear(me.0);
        drop(state);
        if must_exit() {
            self.free();
            return Err(Finalizing);
        }
        Ok(())
    }
    // ANCHOR_END: take

    /// A waiter that gives up takes its request back while it still has the `mutex`, so that nobody can let go in between
    /// (see `py32`). Others who asked the same holder time out afresh.
    fn withdraw(&self, requested_of: u64) {
        self.clear(requested_of);
    }

    /// `_Py_unset_eval_breaker_bit`: this thread is not asked any more.
    fn clear(&self, thread: u64) {
        // Atomically: a request to another thread that came meanwhile must stay.
        let _ = self.asked.compare_exchange(thread, NOBODY, Relaxed, Relaxed);
    }

    // ANCHOR: drop
    /// `drop_gil` of a thread that will come back.
    fn drop_gil(&self, me: ThreadId) {
        self.last_holder.store(me.0, Relaxed);
        self.free();
        if self.asked.load(Relaxed) == me.0 {
            let mut switch = self.switch.lock();
            if self.last_holder.load(Relaxed) == me.0 {
                self.clear(me.0);
            }
            // CPython waits here once, without a loop; the loop only guards against spurious wake-ups.
            while self.last_holder.load(Relaxed) == me.0 {
                switch = self.switched.wait(switch);
            }
        }
    }
    // ANCHOR_END: drop

    /// `drop_gil(NULL)`: the release alone.
    fn free(&self) {
        let mut state = self.state.lock();
        state.locked = false;
        self.freed.notify_one();
    }
}

impl Lock for AddressedGil {
    fn take(&self, me: ThreadId) {
        let taken = self.take_gil(me, || false);
        debug_assert!(taken.is_ok(), "only a thread that must exit gives up");
    }

    fn release(&self, me: ThreadId) {
        self.drop_gil(me);
    }

    fn leave(&self, _: ThreadId) {
        self.free();
    }

    #[inline]
    fn wanted(&self, me: ThreadId) -> bool {
        self.asked.load(Relaxed) == me.0
    }

    fn switches(&self) -> u64 {
        self.state.lock().switch_number
    }
}
