//! A condition variable as glibc has it: groups of waiters, and signals that the newest waiter may take.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use super::mutex::Mutex;
use crate::sim::ids::Tid;
use crate::sim::os::{Os, TimeoutHandler};

/// A condition variable as glibc has it. Waiters are in two groups: signals go to the elder, and only when that is empty do all
/// who wait by then become the elder group. Within it the longest waiter is woken, unless the newest has not yet fallen asleep
/// and takes the signal on its way; whoever began to wait after the last change of groups cannot.
///
/// Source: glibc 2.36, `nptl/pthread_cond_wait.c`, the comment at its head.
#[derive(Debug, Default)]
pub struct Condvar {
    /// Waiters with the number of their wait. A thread that has left or waits again leaves a stale entry.
    waiting: RefCell<VecDeque<(Tid, u64)>>,
    /// The number of each thread's present wait; 0: none.
    present: RefCell<Vec<u64>>,
    waits: Cell<u64>,
    live: Cell<usize>,
    /// The elder group: all waits up to this number.
    elder: Cell<u64>,
    /// Who began to wait last, when, and how long the wait before it was.
    newest: Cell<Option<(Tid, u64, u64)>>,
}

impl Condvar {
    /// A thread begins to wait, at the end of the queue, for `length` ns; if it waits already, it gives up its place.
    pub fn joins(&self, os: &Os, me: Tid, length: u64) {
        self.newest.set(Some((me, os.now(), length)));
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
        // Drops stale entries before they outnumber the others.
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
        self.joins(os, me, 0);
        mutex.unlock(os, me).await;
        // The signal may have come while the mutex was being released.
        if self.waits_still(me) {
            os.sleep(me).await;
            self.leaves(me);
        }
        mutex.lock(os, me).await;
    }

    /// The same with a timeout, repeated as long as the watched number changes. Returns whether it timed out, and what the
    /// number was when the last wait began.
    pub async fn wait_repeatedly(&self, os: &Os, me: Tid, wait: Rc<RepeatedWait>) -> (bool, u64) {
        self.joins(os, me, wait.length);
        wait.mutex.unlock(os, me).await;
        let mut timed_out = false;
        if self.waits_still(me) {
            timed_out = os.sleep_handled(me, wait.length, Rc::clone(&wait) as Rc<dyn TimeoutHandler<Os>>).await;
            self.leaves(me);
        }
        wait.mutex.lock(os, me).await;
        (timed_out, wait.saved.get())
    }

    /// Wakes one waiter, if there is one, which costs the caller something.
    pub async fn notify_one(&self, os: &Os, me: Tid) {
        let Some((longest, number)) = self.longest() else { return };
        if number > self.elder.get() {
            self.elder.set(self.waits.get());
        }
        if let Some((thief, since, length)) = self.newest.get()
            && thief != longest
            && (1..=self.elder.get()).contains(&self.wait_of(thief))
            && os.turns_round(thief, length, os.now() - since)
        {
            self.leaves(thief);
            // The longest waiter is woken too, in vain; the measured cost includes that.
            return os.signal_drawn(me, thief, &os.machine.stolen, length).await;
        }
        self.waiting.borrow_mut().pop_front();
        self.leaves(longest);
        os.signal(me, longest).await;
    }

    /// Wakes the waiter that has just woken the caller; the caller had waited for `length` ns.
    pub async fn notify_back(&self, os: &Os, me: Tid, length: u64) {
        let Some((sleeper, _)) = self.longest() else { return };
        self.waiting.borrow_mut().pop_front();
        self.leaves(sleeper);
        os.signal_drawn(me, sleeper, &os.machine.back, length).await;
    }

    fn waits_still(&self, me: Tid) -> bool {
        self.wait_of(me) != 0
    }

    fn wait_of(&self, me: Tid) -> u64 {
        self.present.borrow().get(me).copied().unwrap_or(0)
    }

    /// The longest waiter; drops stale entries before it.
    fn longest(&self) -> Option<(Tid, u64)> {
        let mut waiting = self.waiting.borrow_mut();
        while let Some((tid, number)) = waiting.front().copied() {
            if self.wait_of(tid) == number {
                return Some((tid, number));
            }
            waiting.pop_front();
        }
        None
    }
}

/// A timed wait that begins again when its time is up and a number has changed since it began.
#[derive(Debug)]
pub struct RepeatedWait {
    pub watched: Rc<Cell<u64>>,
    /// What it was when the present wait began.
    pub saved: Cell<u64>,
    /// Whether the lock is still taken. If it is not, the thread must run and take it.
    pub locked: Rc<Cell<bool>>,
    /// The condition variable at whose queue's end the thread waits again.
    pub queue: Rc<Condvar>,
    /// The mutex that the thread would have to take. If it is not free, the thread must run and wait for it.
    pub mutex: Rc<Mutex>,
    /// How long each wait is, in ns.
    pub length: u64,
}

impl TimeoutHandler<Os> for RepeatedWait {
    fn waits_again(&self) -> bool {
        self.locked.get() && self.watched.get() != self.saved.get() && !self.mutex.is_locked()
    }

    fn begin_wait(&self, os: &Os, me: Tid) -> u64 {
        self.saved.set(self.watched.get());
        self.queue.joins(os, me, self.length);
        self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::curves::Steals;
    use crate::sim::lanes::Lanes;
    use crate::sim::machine::Machine;
    use crate::sim::os::Task;

    /// One waits for long, one has just begun to when the signal comes: who is woken first, and who by a second signal that comes
    /// when the first one waits again.
    fn woken(steals: Steals) -> Vec<Tid> {
        let os = Os::new(Machine { steals, ..Machine::typical(3) }, 1, Lanes::until(0));
        let (mutex, condvar, order) =
            (Rc::new(Mutex::default()), Rc::new(Condvar::default()), Rc::new(RefCell::default()));
        let waiter = |start: u64| -> Task {
            let (os, mutex, condvar, order) =
                (Rc::clone(&os), Rc::clone(&mutex), Rc::clone(&condvar), Rc::clone(&order));
            let me = os.spawn(start);
            Box::pin(async move {
                for _ in 0..2 {
                    mutex.lock(&os, me).await;
                    condvar.wait(&os, me, &mutex).await;
                    mutex.unlock(&os, me).await;
                    RefCell::<Vec<Tid>>::borrow_mut(&order).push(me);
                }
            })
        };
        let mut tasks = vec![waiter(0), waiter(100_000)];
        let (all, me) = (Rc::clone(&os), os.spawn(100_000));
        tasks.push(Box::pin(async move {
            condvar.notify_one(&all, me).await;
            all.work(me, 30_000).await;
            condvar.notify_one(&all, me).await;
        }));
        os.run(tasks, 1_000_000, u64::MAX);
        order.take()
    }

    #[test]
    fn the_newest_takes_a_signal_of_its_own_group_only() {
        assert_eq!(woken(Steals::default()), [0, 1], "nobody steals: in the order of their waits");
        let always = Steals { points: vec![(1, vec![(1_000_000, 1.0)])] };
        assert_eq!(woken(always), [1, 0], "then it is in the younger group, awake or not");
    }
}
