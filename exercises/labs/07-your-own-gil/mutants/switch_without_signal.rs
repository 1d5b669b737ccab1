//! Wrong: who takes the lock does not tell the one who waits for that.

use std::time::Duration;

use crate::sync::atomic::{AtomicBool, Ordering::SeqCst};
use crate::sync::{Condvar, Mutex};

/// One lock for the whole interpreter.
pub struct Gil {
    state: Mutex<State>,
    /// The lock is free.
    freed: Condvar,
    /// Somebody has taken the lock.
    switched: Condvar,
    /// The holder is asked to let go.
    request: AtomicBool,
    interval: Duration,
}

struct State {
    locked: bool,
    /// Who holds it, or held it last. 0: nobody yet.
    holder: usize,
    /// How often it went to another thread.
    switches: u64,
}

impl Gil {
    /// A free lock; a waiter asks for it after `interval`.
    pub fn new(interval: Duration) -> Gil {
        Gil {
            state: Mutex::new(State { locked: false, holder: 0, switches: 0 }),
            freed: Condvar::new(),
            switched: Condvar::new(),
            request: AtomicBool::new(false),
            interval,
        }
    }

    /// Waits for the lock. Threads are numbered from 1.
    pub fn take_gil(&self, me: usize) {
        let mut state = self.state.lock().unwrap();
        while state.locked {
            let seen = state.switches;
            let (back, waited) = self.freed.wait_timeout(state, self.interval).unwrap();
            state = back;
            // After a switch the new holder has an interval of its own.
            if waited.timed_out() && state.locked && state.switches == seen {
                self.request.store(true, SeqCst);
            }
        }
        state.locked = true;
        if state.holder != me {
            state.holder = me;
            state.switches += 1;
        }
        self.request.store(false, SeqCst);
    }

    /// Lets go. After a request: comes back only when somebody else has taken it.
    pub fn drop_gil(&self, me: usize) {
        let mut state = self.state.lock().unwrap();
        state.locked = false;
        self.freed.notify_one();
        if self.request.load(SeqCst) {
            while state.holder == me {
                state = self.switched.wait(state).unwrap();
            }
        }
    }

    /// What the interpreter looks at between two bytecodes: whether the holder is asked to let go.
    pub fn asked(&self) -> bool {
        self.request.load(SeqCst)
    }
}
