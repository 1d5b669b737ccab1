//! A system without time and cores: somebody else decides which thread goes on.

use std::task::{Context, Waker};

use super::state::{Os, Task};
use super::thread::Is;
use crate::sim::schedule::Turn;

impl Os {
    /// Lets one thread run to its next await, if it can. For an [`Os::manual`] system.
    pub fn step(&self, turn: Turn, tasks: &mut [Task]) -> bool {
        let me = turn.thread;
        if !self.can(turn) {
            return false;
        }
        {
            let t = &mut self.threads.borrow_mut()[me];
            t.timed_out = turn.by_time;
            t.is = Is::Running;
            if !t.interrupted {
                t.left = 0;
            }
        }
        self.overtake.set(turn.overtakes);
        self.now.set(self.now() + 1000);
        self.goes(me, &mut tasks[me], &mut Context::from_waker(Waker::noop()));
        self.overtake.set(false);
        true
    }

    /// Whether this turn is possible: the thread is runnable, or its wait may time out.
    pub fn can(&self, turn: Turn) -> bool {
        match self.threads.borrow().get(turn.thread) {
            Some(t) if t.is == Is::Running => !turn.by_time,
            Some(t) if t.is == Is::Blocked => turn.by_time && t.timer.is_some(),
            _ => false,
        }
    }
}
