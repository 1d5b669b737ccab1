//! The GIL of CPython 3.2 to 3.12: one global mutex with a polite way to ask for it.
//!
//! The protocol is that of `take_gil` and `drop_gil` in CPython's `Python/ceval_gil.c`; the names are CPython's where Rust
//! allows. Nobody is handed the lock and nobody queues for it: whoever finds it free takes it ("barging"). Two things keep a
//! busy thread from keeping it: a waiter that has waited for a whole switch interval *requests* it, and the holder who lets
//! go on request must see somebody else take it before it may come back (*forced switching*).
//!
//! This file uses nothing but `crate::sync`, so that the loom tests prove these very lines.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::sync::{AtomicBool, AtomicU64, Condvar, Mutex};

/// CPython's default switch interval (`DEFAULT_INTERVAL`, `sys.getswitchinterval()`).
pub const SWITCH_INTERVAL: Duration = Duration::from_millis(5);

/// A thread as the lock knows it, CPython's `PyThreadState *`. Each thread needs its own number, from 1 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadId(pub u64);

/// No thread has held the lock yet.
const NOBODY: u64 = 0;

/// The lock. CPython's `struct _gil_runtime_state`.
#[derive(Debug)]
pub struct Gil {
    /// `mutex`: protects whether the lock is taken.
    state: Mutex<State>,
    /// `cond`: signalled when the lock becomes free; one waiter wakes.
    freed: Condvar,
    /// `switch_mutex`: orders a taker's name against the releaser who looks for it.
    switch: Mutex<()>,
    /// `switch_cond`: signalled when somebody has taken the lock.
    switched: Condvar,
    /// `gil_drop_request`: the holder is asked to let go. Up to 3.12 shared by all waiters.
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
            interval,
        }
    }

    /// Waits for the lock, as `PyGILState_Ensure` does. The lock is held as long as the value lives.
    pub fn acquire(&self, me: ThreadId) -> Held<'_> {
        self.take(me);
        Held { gil: self, me }
    }

    /// How often the lock went to another thread than before. CPython's `switch_number`.
    pub fn switches(&self) -> u64 {
        self.state.lock().switch_number
    }

    // ANCHOR: take
    /// `take_gil`.
    fn take(&self, me: ThreadId) {
        let mut state = self.state.lock();
        while state.locked {
            let saved = state.switch_number;
            let (back, timed_out) = self.freed.wait_timeout(&self.state, state, self.interval);
            state = back;
            // A switch while we waited starts a new interval: the present holder has not had its time yet.
            if timed_out && state.locked && state.switch_number == saved {
                self.drop_request.store(true, Relaxed);
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
    }
    // ANCHOR_END: take

    // ANCHOR: drop
    /// `drop_gil` of a thread that will come back.
    fn drop_and_switch(&self, me: ThreadId) {
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

/// The lock, held. Dropping it is a thread's last release, which waits for nobody.
#[derive(Debug)]
pub struct Held<'a> {
    gil: &'a Gil,
    me: ThreadId,
}

impl Held<'_> {
    /// Whether somebody has asked for the lock: what the interpreter's eval breaker looks at.
    #[inline]
    pub fn wanted(&self) -> bool {
        self.gil.drop_request.load(Relaxed)
    }

    /// The eval breaker: lets go and comes back if somebody has asked.
    #[inline]
    pub fn check(&mut self) {
        if self.wanted() {
            self.gil.drop_and_switch(self.me);
            self.gil.take(self.me);
        }
    }

    /// Lets go around a blocking call or native code: `Py_BEGIN_ALLOW_THREADS` … `Py_END_ALLOW_THREADS`.
    pub fn allow_threads<T>(&mut self, work: impl FnOnce() -> T) -> T {
        self.gil.drop_and_switch(self.me);
        // Comes back also if the work panics: this value will be dropped, and must hold what it drops.
        let _back = Retake(self.gil, self.me);
        work()
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.gil.free();
    }
}

struct Retake<'a>(&'a Gil, ThreadId);

impl Drop for Retake<'_> {
    fn drop(&mut self) {
        self.0.take(self.1);
    }
}
