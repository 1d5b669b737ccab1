//! The GIL of CPython 3.2 to 3.12: one global mutex, and requests to release it.
//!
//! The protocol is that of `take_gil` and `drop_gil` in CPython's `Python/ceval_gil.c`; the names are CPython's where Rust
//! allows. Nobody is handed the lock and nobody queues for it: whoever finds it free takes it ("barging"). Two things keep a
//! busy thread from keeping it: a waiter that has waited for a whole switch interval *requests* it, and the holder who lets
//! go on request must see somebody else take it before it may come back (*forced switching*).

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::held::{Held, Lock, NOBODY, SHORTEST, ThreadId};
use crate::sync::{AtomicBool, AtomicU64, Condvar, Mutex};

/// CPython's default switch interval (`DEFAULT_INTERVAL`, `sys.getswitchinterval()`).
pub const SWITCH_INTERVAL: Duration = Duration::from_millis(5);

/// The interpreter is ending, and this thread may not run any more. It does not hold the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finalizing;

/// The lock. CPython's `struct _gil_runtime_state`.
#[derive(Debug)]
pub struct Gil {
    /// `mutex`: protects whether the lock is taken.
    state: Mutex<State>,
    /// `cond`: signalled when the lock becomes free; one waiter wakes.
    freed: Condvar,
    /// `switch_mutex`: orders the taker's store of `last_holder` against the releaser's check of it.
    switch: Mutex<()>,
    /// `switch_cond`: signalled when somebody has taken the lock.
    switched: Condvar,
    /// `gil_drop_request`: the holder is asked to let go. Shared by all waiters.
    drop_request: AtomicBool,
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

impl Gil {
    /// A free lock with this switch interval.
    pub fn new(interval: Duration) -> Gil {
        Gil {
            state: Mutex::new(State { locked: false, switch_number: 0 }),
            freed: Condvar::new(),
            switch: Mutex::new(()),
            switched: Condvar::new(),
            drop_request: AtomicBool::new(false),
            last_holder: AtomicU64::new(NOBODY),
            interval: interval.max(SHORTEST),
        }
    }

    /// Waits for the lock, as `PyGILState_Ensure` does. The lock is held as long as the value lives.
    pub fn acquire(&self, me: ThreadId) -> Held<'_, Gil> {
        Held::take(self, me)
    }

    /// How often the lock went to another thread than before. CPython's `switch_number`.
    pub fn switches(&self) -> u64 {
        self.state.lock().switch_number
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
        let mut requested = false;
        while state.locked {
            let saved = state.switch_number;
            let (back, timed_out) = self.freed.wait_timeout(&self.state, state, self.interval);
            state = back;
            // A switch while we waited starts a new interval: the present holder has not had its time yet.
            if timed_out && state.locked && state.switch_number == saved {
                if must_exit() {
                    self.withdraw(requested);
                    return Err(Finalizing);
                }
                self.drop_request.store(true, Relaxed);
                requested = true;
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
        // Wipes out the requests of other waiters too; they time out afresh.
        self.drop_request.store(false, Relaxed);
        drop(state);
        if must_exit() {
            self.free();
            return Err(Finalizing);
        }
        Ok(())
    }
    // ANCHOR_END: take

    // ANCHOR: withdraw
    /// A waiter that gives up takes its request back while it still has the `mutex`, so that nobody can let go in between.
    ///
    /// CPython did not do so at all before gh-96387 (3.11.x, 3.12), and since then it does after it has let go of the `mutex`.
    /// Either way a holder who lets go on that request may wait for a thread that never comes. `support/planted` plants both orders, and
    /// loom finds both hangs; of the second nothing is known but the model: nobody has seen CPython itself hang there.
    fn withdraw(&self, requested: bool) {
        if requested {
            self.drop_request.store(false, Relaxed);
        }
    }
    // ANCHOR_END: withdraw

    // ANCHOR: drop
    /// `drop_gil` of a thread that will come back.
    fn drop_gil(&self, me: ThreadId) {
        self.last_holder.store(me.0, Relaxed);
        self.free();
        if self.drop_request.load(Relaxed) {
            let mut switch = self.switch.lock();
            if self.last_holder.load(Relaxed) == me.0 {
                self.drop_request.store(false, Relaxed);
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

impl Lock for Gil {
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
    fn wanted(&self, _: ThreadId) -> bool {
        self.drop_request.load(Relaxed)
    }

    fn switches(&self) -> u64 {
        Gil::switches(self)
    }
}
