//! What a lock is made of, in virtual time: a futex mutex, a condition variable, a semaphore, as glibc has them on Linux.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use super::os::{Os, Renewal, Tid};

/// A mutex. Whoever finds it free takes it; one who finds it taken sleeps and tries again when woken.
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

    /// Takes it.
    pub async fn lock(&self, os: &Os, me: Tid) {
        while self.locked.get() {
            self.waiting.borrow_mut().push_back(me);
            os.sleep(me).await;
        }
        self.locked.set(true);
    }

    /// Lets it go, and wakes the first of those who sleep for it, which costs the caller something.
    pub async fn unlock(&self, os: &Os, me: Tid) {
        self.locked.set(false);
        let next = self.waiting.borrow_mut().pop_front();
        if let Some(next) = next {
            os.signal(me, next).await;
        }
    }
}

/// A condition variable. Signals go to the longest waiter first, as with a futex's queue.
#[derive(Debug, Default)]
pub struct Condvar {
    /// Waiters with the number of their wait; one who has left, or waits anew, leaves an entry that no longer counts.
    waiting: RefCell<VecDeque<(Tid, u64)>>,
    /// The number of each thread's present wait; 0: none.
    present: RefCell<Vec<u64>>,
    waits: Cell<u64>,
    live: Cell<usize>,
    /// Who began to wait last, and when.
    newest: Cell<Option<(Tid, u64)>>,
}

impl Condvar {
    /// A thread begins to wait, at the end of the queue; if it waits already, it gives up its place.
    pub fn joins(&self, os: &Os, me: Tid) {
        self.newest.set(Some((me, os.now())));
        let number = self.waits.get() + 1;
        self.waits.set(number);
        let mut present = self.present.borrow_mut();
        if present.len() <= me {
            present.resize(me + 1, 0);
        }
        if present[me] == 0 {
            self.live.set(self.live.get() + 1);
        }
        present[me] = number;
        let mut waiting = self.waiting.borrow_mut();
        // Entries of those who have left are swept out before they outnumber the others.
        if waiting.len() > 16 && waiting.len() > 2 * self.live.get() {
            waiting.retain(|(tid, number)| present[*tid] == *number);
        }
        waiting.push_back((me, number));
    }

    fn leaves(&self, me: Tid) {
        let mut present = self.present.borrow_mut();
        if present[me] != 0 {
            present[me] = 0;
            self.live.set(self.live.get() - 1);
        }
    }

    /// Lets the mutex go, sleeps until signalled, takes the mutex again.
    pub async fn wait(&self, os: &Os, me: Tid, mutex: &Mutex) {
        self.joins(os, me);
        mutex.unlock(os, me).await;
        // Letting the mutex go may have taken so long that the signal is already there.
        if self.waits_still(me) {
            os.sleep(me).await;
            self.leaves(me);
        }
        mutex.lock(os, me).await;
    }

    /// The same, at most as long as the renewal says, and anew as long as its number changes; whether the time was up, and what
    /// the number was when the last wait began.
    pub async fn wait_renewing(&self, os: &Os, me: Tid, mutex: &Mutex, renewal: Renewal) -> (bool, u64) {
        self.joins(os, me);
        mutex.unlock(os, me).await;
        let mut end = (false, renewal.saved);
        if self.waits_still(me) {
            end = os.sleep_renewing(me, renewal).await;
            self.leaves(me);
        }
        mutex.lock(os, me).await;
        end
    }

    /// Wakes one waiter, if there is one, which costs the caller something: the longest, unless the newest has not yet fallen
    /// asleep and takes the signal on its way.
    pub async fn notify_one(&self, os: &Os, me: Tid) {
        let next = match self.newest.get() {
            Some((tid, since)) if self.waits_still(tid) && os.still_awake(tid, since) => Some(tid),
            _ => self.longest(),
        };
        if let Some(next) = next {
            self.leaves(next);
            os.signal(me, next).await;
        }
    }

    fn waits_still(&self, me: Tid) -> bool {
        self.present.borrow().get(me).is_some_and(|number| *number != 0)
    }

    fn longest(&self) -> Option<Tid> {
        loop {
            let (tid, number) = self.waiting.borrow_mut().pop_front()?;
            if self.present.borrow()[tid] == number {
                return Some(tid);
            }
        }
    }
}

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
