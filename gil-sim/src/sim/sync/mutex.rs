//! A mutex made of a futex.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::sim::ids::Tid;
use crate::sim::os::Os;

/// A mutex. A thread that finds it free takes it; one that finds it taken sleeps and tries again when woken.
#[derive(Debug, Default)]
pub struct Mutex {
    locked: Cell<bool>,
    waiting: RefCell<VecDeque<Tid>>,
}

impl Mutex {
    /// Whether somebody has it.
    pub fn is_locked(&self) -> bool {
        self.locked.get()
    }

    pub async fn lock(&self, os: &Os, me: Tid) {
        while self.locked.get() {
            self.waiting.borrow_mut().push_back(me);
            os.sleep(me).await;
        }
        self.locked.set(true);
    }

    /// Unlocks it and wakes the first sleeper, which costs the caller time.
    pub async fn unlock(&self, os: &Os, me: Tid) {
        self.locked.set(false);
        let next = self.waiting.borrow_mut().pop_front();
        if let Some(next) = next {
            os.signal(me, next).await;
        }
    }
}
