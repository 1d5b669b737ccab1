//! Which of the tasks that somebody waits for have ended, in that order.

use std::collections::VecDeque;
use std::thread::Thread;

use crate::unix::drive::Wait;
use crate::unix::scheduler::job::Action;
use crate::unix::sync::{Mutex, lock};

/// The tasks that have ended, by number.
#[derive(Default)]
pub struct Completions(Mutex<State>);

#[derive(Default)]
struct State {
    ended: VecDeque<u64>,
    waiter: Option<Thread>,
}

impl Completions {
    /// A task has ended.
    pub fn push(&self, id: u64) -> Option<Action> {
        let mut state = lock(&self.0);
        state.ended.push_back(id);
        state.waiter.take().map(Action::Unpark)
    }

    /// The one that has ended first.
    pub fn pop(&self) -> Option<u64> {
        lock(&self.0).ended.pop_front()
    }
}

impl Wait for Completions {
    fn is_over(&self) -> bool {
        !lock(&self.0).ended.is_empty()
    }

    fn wake(&self, thread: Thread) {
        lock(&self.0).waiter = Some(thread);
    }
}
