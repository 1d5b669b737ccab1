//! A POSIX semaphore, which Python 2's lock is made of.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use crate::sim::ids::Tid;
use crate::sim::os::Os;

/// A POSIX semaphore. `post` adds one and, while anybody is on the slow path, makes a system call to wake a sleeper, even if there
/// is none asleep: what makes Python 2's lock dear.
#[derive(Debug)]
pub struct Semaphore {
    value: Cell<u64>,
    /// Threads on the slow path, asleep or just woken.
    slow: Cell<usize>,
    asleep: RefCell<VecDeque<Tid>>,
}

impl Semaphore {
    /// With so many to give.
    pub fn new(value: u64) -> Rc<Semaphore> {
        Rc::new(Semaphore { value: Cell::new(value), slow: Cell::new(0), asleep: RefCell::default() })
    }

    /// Whether anybody is on the slow path.
    pub fn wanted(&self) -> bool {
        self.slow.get() > 0
    }

    /// `sem_wait`.
    pub async fn wait(&self, os: &Os, me: Tid) {
        if self.value.get() == 0 {
            self.slow.set(self.slow.get() + 1);
            while self.value.get() == 0 {
                self.asleep.borrow_mut().push_back(me);
                os.sleep(me).await;
            }
            self.slow.set(self.slow.get() - 1);
        }
        self.value.set(self.value.get() - 1);
    }

    /// `sem_post`.
    pub async fn post(&self, os: &Os, me: Tid) {
        self.value.set(self.value.get() + 1);
        if self.slow.get() == 0 {
            return;
        }
        let sleeper = self.asleep.borrow_mut().pop_front();
        match sleeper {
            Some(sleeper) => os.signal(me, sleeper).await,
            None => os.work(me, os.machine.signal_nobody).await,
        }
    }
}
