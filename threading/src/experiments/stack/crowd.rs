//! Threads that are alive together until they are told to go.

use std::hint::black_box;
use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use lab::trace::LaneRecorder;
use lab::trace::State;

/// Threads that have not come alive within this time will not.
const ALIVE_TIMEOUT: Duration = Duration::from_secs(60);

/// A growing crowd. Dropping it sends everybody home and waits for them.
#[derive(Debug, Default)]
pub struct Crowd {
    gate: Arc<Gate>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Gate {
    here: Mutex<CrowdState>,
    came: Condvar,
    opened: Condvar,
}

#[derive(Debug, Default)]
struct CrowdState {
    /// Threads that have arrived, and used their stack.
    alive: usize,
    /// Whether they may go.
    open: bool,
}

impl Crowd {
    /// One more thread, with a stack of so many KiB of which it uses `used`; it draws its life on the lane, if it has one.
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

    /// Waits until all who were added are alive at the same time. Whether they are.
    pub fn all_alive(&self) -> bool {
        let until = Instant::now() + ALIVE_TIMEOUT;
        let mut here = self.gate.here.lock().unwrap_or_else(PoisonError::into_inner);
        while here.alive < self.threads.len() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            here = self.gate.came.wait_timeout(here, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// How many were started.
    pub fn started(&self) -> usize {
        self.threads.len()
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.gate.here.lock().unwrap_or_else(PoisonError::into_inner).open = true;
        self.gate.opened.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join(); // nobody panics in there
        }
    }
}

impl Gate {
    fn wait(&self) {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        here.alive += 1;
        self.came.notify_one();
        while !here.open {
            here = self.opened.wait(here).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Writes into so many KiB of the stack, a page a call: a page that was never written to is not there.
#[inline(never)]
fn use_stack(kib: usize) {
    let mut page = [0_u8; 4096];
    black_box(&mut page);
    if kib > 4 {
        use_stack(kib - 4);
    }
    black_box(&page); // still needed here, so that the calls cannot become a loop
}
