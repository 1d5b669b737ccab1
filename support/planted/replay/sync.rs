//! The types of `src/sync.rs`, made for the replay: after each operation the schedule decides who goes on.
//!
//! The types of `mutex/src/sync.rs` have the same shape. A mutex, a condition variable and a semaphore behave as in the simulator (`src/sim/sync.rs`): a thread that finds a mutex free takes
//! it, a woken thread tries again, signals go to the longest waiter unless a letter has `*`. The lock's protocol on top is compared.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::Ordering;
use std::sync::{self, PoisonError};
use std::time::Duration;

use gil_sim::sim::Phase;

use crate::scheduler::{Call, ThreadHandle, current_thread};

fn locked<T>(mutex: &sync::Mutex<T>) -> sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
pub struct Mutex<T> {
    taken: sync::atomic::AtomicBool,
    asleep: sync::Mutex<VecDeque<usize>>,
    value: sync::Mutex<T>,
}

#[derive(Debug)]
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    value: Option<sync::MutexGuard<'a, T>>,
}

impl<T> Mutex<T> {
    pub fn new(value: T) -> Mutex<T> {
        Mutex { taken: Default::default(), asleep: Default::default(), value: sync::Mutex::new(value) }
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        if let Some(me) = current_thread() {
            me.operation("Mutex::lock");
            while self.taken.swap(true, Ordering::Relaxed) {
                locked(&self.asleep).push_back(me.number);
                me.sleeps(false);
            }
            me.holds(true);
        }
        MutexGuard { mutex: self, value: Some(locked(&self.value)) }
    }

    fn unlock(&self, me: &ThreadHandle) {
        me.holds(false);
        self.taken.store(false, Ordering::Relaxed);
        let next = locked(&self.asleep).pop_front();
        if let Some(next) = next {
            me.wakes(next);
        }
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        // `Condvar::wait` has unlocked it already.
        let held = self.value.take().is_some();
        if held && let Some(me) = current_thread() {
            me.operation("MutexGuard::drop");
            self.mutex.unlock(&me);
        }
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("taken only by a wait, which consumes the guard")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("taken only by a wait, which consumes the guard")
    }
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<usize>,
    newest: Option<usize>,
    /// How many at the front belong to the older of glibc's two groups. Signals go to that group.
    elder: usize,
}

impl Queue {
    fn leaves(&mut self, waiter: usize) {
        if let Some(place) = self.waiting.iter().position(|w| *w == waiter) {
            self.waiting.remove(place);
            self.elder -= usize::from(place < self.elder);
        }
    }
}

#[derive(Debug, Default)]
pub struct Condvar(sync::Mutex<Queue>);

impl Condvar {
    pub fn new() -> Condvar {
        Condvar::default()
    }

    pub fn notify_one(&self) {
        let Some(me) = current_thread() else { return };
        me.operation("Condvar::notify_one");
        me.at(if me.call() == Some(Call::Take) { Phase::Took } else { Phase::Freed });
        if let Some(next) = self.next(&me) {
            me.wakes(next);
        }
    }

    /// The longest waiter; or the newest of its group, if that one is not asleep yet or the schedule says so.
    fn next(&self, me: &ThreadHandle) -> Option<usize> {
        let mut queue = locked(&self.0);
        if queue.elder == 0 {
            queue.elder = queue.waiting.len();
        }
        let longest = queue.waiting.front().copied()?;
        let mut younger = queue.waiting.iter().take(queue.elder).skip(1);
        let newest = queue.newest.filter(|n| younger.any(|w| w == n) && (!me.is_asleep(*n) || me.overtakes()));
        if newest.is_some() {
            me.overtook();
        }
        let next = newest.unwrap_or(longest);
        queue.leaves(next);
        Some(next)
    }

    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        let me = current_thread().expect("only a scheduled thread waits");
        me.operation("Condvar::wait");
        me.at(Phase::Forced);
        self.waits(&me, guard, false).0
    }

    pub fn wait_timeout<'a, T>(
        &self,
        _: &'a Mutex<T>,
        guard: MutexGuard<'a, T>,
        _: Duration,
    ) -> (MutexGuard<'a, T>, bool) {
        let me = current_thread().expect("only a scheduled thread waits");
        me.operation("Condvar::wait_timeout");
        me.at(Phase::Waits);
        self.waits(&me, guard, true)
    }

    fn waits<'a, T>(&self, me: &ThreadHandle, mut guard: MutexGuard<'a, T>, timed: bool) -> (MutexGuard<'a, T>, bool) {
        let mutex = guard.mutex;
        {
            let mut queue = locked(&self.0);
            queue.waiting.push_back(me.number);
            queue.newest = Some(me.number);
        }
        guard.value = None;
        mutex.unlock(me);
        let waits_still = locked(&self.0).waiting.contains(&me.number);
        let by_time = if waits_still {
            me.sleeps(timed)
        } else {
            // The signal came while the mutex was being unlocked.
            me.passes(false);
            false
        };
        locked(&self.0).leaves(me.number);
        (mutex.lock(), by_time)
    }
}

/// The system's `sem_t`, like `src/sync/semaphore.rs`: each call is one operation.
#[derive(Debug)]
pub struct Semaphore(sync::Mutex<Sem>);

#[derive(Debug)]
struct Sem {
    value: u32,
    /// On the slow path, asleep or just woken.
    slow: usize,
    asleep: VecDeque<usize>,
}

impl Semaphore {
    pub fn new(value: u32) -> Semaphore {
        Semaphore(sync::Mutex::new(Sem { value, slow: 0, asleep: VecDeque::new() }))
    }

    pub fn wait(&self) {
        let me = current_thread().expect("only a scheduled thread waits");
        me.operation("sem_wait");
        let sem = || locked(&self.0);
        if sem().value == 0 {
            me.at(Phase::Waits);
            sem().slow += 1;
            me.is_slow(true);
            while sem().value == 0 {
                sem().asleep.push_back(me.number);
                me.sleeps(false);
            }
            sem().slow -= 1;
            me.is_slow(false);
        }
        sem().value -= 1;
    }

    pub fn post(&self) {
        let Some(me) = current_thread() else { return };
        me.operation("sem_post");
        me.at(Phase::Freed);
        let (slow, next) = {
            let mut sem = locked(&self.0);
            sem.value += 1;
            (sem.slow, sem.asleep.pop_front())
        };
        match next {
            Some(next) => me.wakes(next),
            // The system call happens although no thread is asleep.
            None if slow > 0 => me.pause(),
            None => {}
        }
    }
}

/// A spin lock looks again in its next turn.
pub fn relax(_: &mut u32) {}

/// A thread that wants the lock and stores under its first mutex makes a request, which ends its turn.
fn stored(me: &ThreadHandle, something: bool) {
    if something && me.call() == Some(Call::Take) && me.held() == 1 {
        me.at(Phase::Asked);
        me.pause();
    }
}

macro_rules! atomic {
    ($name:ident, $value:ty, $nothing:expr) => {
        #[derive(Debug)]
        pub struct $name(sync::atomic::$name);

        #[allow(dead_code, reason = "the two have the same shape")]
        impl $name {
            pub fn new(value: $value) -> $name {
                $name(sync::atomic::$name::new(value))
            }

            pub fn load(&self, _: Ordering) -> $value {
                if let Some(me) = current_thread() {
                    me.operation(concat!(stringify!($name), "::load"));
                }
                self.0.load(Ordering::SeqCst)
            }

            pub fn store(&self, value: $value, _: Ordering) {
                let me = current_thread();
                if let Some(me) = &me {
                    me.operation(concat!(stringify!($name), "::store"));
                }
                self.0.store(value, Ordering::SeqCst);
                if let Some(me) = &me {
                    stored(me, value != $nothing);
                }
            }

            pub fn compare_exchange(
                &self,
                old: $value,
                new: $value,
                _: Ordering,
                _: Ordering,
            ) -> Result<$value, $value> {
                if let Some(me) = current_thread() {
                    me.operation(concat!(stringify!($name), "::compare_exchange"));
                }
                self.0.compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst)
            }

            /// Never fails without a reason here: a schedule decides everything.
            pub fn compare_exchange_weak(
                &self,
                old: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.compare_exchange(old, new, success, failure)
            }
        }
    };
}

atomic!(AtomicBool, bool, false);
atomic!(AtomicU64, u64, 0);
