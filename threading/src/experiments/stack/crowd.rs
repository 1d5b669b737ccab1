//! Threads that stay alive together until they are released.

use std::hint::black_box;
use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use lab::trace::LaneRecorder;
use lab::trace::State;

/// Threads that have not started within this time never will.
const ALIVE_TIMEOUT: Duration = Duration::from_secs(60);

/// A growing number of threads. Dropping it releases them and waits for their ends.
#[derive(Debug, Default)]
pub struct Crowd {
    gate: Arc<Gate>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Gate {
    state: Mutex<CrowdState>,
    arrived: Condvar,
    opened: Condvar,
}

#[derive(Debug, Default)]
struct CrowdState {
    /// Threads that have arrived after using their stack.
    alive: usize,
    /// Whether the threads may end.
    open: bool,
}

impl Crowd {
    /// Starts a thread with a stack of `stack` KiB, of which it uses `used` KiB. It records its life on the lane, if there is one.
    pub fn add(&mut self, stack: usize, used: usize, mut lane: Option<LaneRecorder>) -> io::Result<()> {
        let gate = Arc::clone(&self.gate);
        let live = move || {
            if let Some(lane) = &mut lane {
                lane.enter(State::WaitingForLock); // the gate's
            }
            use_stack(used);
            gate.wait();
        };
        self.threads.push(thread::Builder::new().stack_size(stack * 1024).spawn(live)?);
        Ok(())
    }

    /// Waits until all threads are alive at the same time. `false` if that takes too long.
    pub fn all_alive(&self) -> bool {
        let until = Instant::now() + ALIVE_TIMEOUT;
        let mut state = self.gate.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.alive < self.threads.len() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.gate.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    pub fn started(&self) -> usize {
        self.threads.len()
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.gate.state.lock().unwrap_or_else(PoisonError::into_inner).open = true;
        self.gate.opened.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join(); // the threads do not panic
        }
    }
}

impl Gate {
    fn wait(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.alive += 1;
        self.arrived.notify_one();
        while !state.open {
            state = self.opened.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Writes to so many KiB of the stack, one page in each call: a page has no memory until it is written to.
#[inline(never)]
fn use_stack(kib: usize) {
    let mut page = [0_u8; 4096];
    black_box(&mut page);
    if kib > 4 {
        use_stack(kib - 4);
    }
    black_box(&page); // used after the call, so that the recursion cannot become a loop
}
