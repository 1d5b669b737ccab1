//! The types of `src/sync.rs`, made for the replay: after each operation the schedule decides who goes on.
//!
//! The types of `mutex/src/sync.rs` have the same shape. A mutex, a condition variable and a semaphore behave as in the simulator (`src/sim/sync.rs`): a thread that finds a mutex free takes
//! it, a woken thread tries again, signals go to the longest waiter unless a letter has `*`. The lock's protocol on top is compared.

use std::collections::VecDeque;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::atomic::Ordering;
use std::sync::{self, PoisonError};
use std::time::Duration;

use gil_sim::sim::{Phase, letter};

use crate::scheduler::{Call, Spot, ThreadHandle, current_thread};

fn locked<T>(mutex: &sync::Mutex<T>) -> sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Threads by their letters, as the types below show who waits.
fn letters(threads: impl IntoIterator<Item = usize>) -> String {
    let letters: Vec<String> = threads.into_iter().map(|thread| letter(thread).unwrap_or('?').to_string()).collect();
    letters.join(" ")
}

pub struct Mutex<T> {
    taken: sync::atomic::AtomicBool,
    /// Who has it, or had it last.
    holder: sync::atomic::AtomicUsize,
    asleep: sync::Mutex<VecDeque<usize>>,
    value: sync::Mutex<T>,
}

/// What it protects; while it is held, only who holds it and who waits for it: nobody else may look.
impl<T: fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.taken.load(Ordering::Relaxed) {
            let (holder, asleep) = (self.holder.load(Ordering::Relaxed), locked(&self.asleep));
            return write!(f, "Held({}, {})", letters([holder]), letters(asleep.iter().copied()));
        }
        // Free, and whoever looks does so between two turns: nobody takes it meanwhile.
        locked(&self.value).fmt(f)
    }
}

#[derive(Debug)]
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    /// Where it was made.
    made: &'static Location<'static>,
    value: Option<sync::MutexGuard<'a, T>>,
}

impl<T> Mutex<T> {
    pub fn new(value: T) -> Mutex<T> {
        Mutex {
            taken: Default::default(),
            holder: Default::default(),
            asleep: Default::default(),
            value: sync::Mutex::new(value),
        }
    }

    #[track_caller]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        if let Some(me) = current_thread() {
            me.operation("Mutex::lock");
            while self.taken.swap(true, Ordering::Relaxed) {
                locked(&self.asleep).push_back(me.number);
                me.sleeps(false);
            }
            me.holds(true);
            self.holder.store(me.number, Ordering::Relaxed);
        }
        MutexGuard { mutex: self, made: Location::caller(), value: Some(locked(&self.value)) }
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
            me.operation_at("MutexGuard::drop", Spot::at(self.made, true));
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

#[derive(Default)]
pub struct Condvar(sync::Mutex<Queue>);

/// Who waits.
impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Waiting({})", letters(locked(&self.0).waiting.iter().copied()))
    }
}

impl Condvar {
    pub fn new() -> Condvar {
        Condvar::default()
    }

    #[track_caller]
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

    #[track_caller]
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        let me = current_thread().expect("only a scheduled thread waits");
        me.operation("Condvar::wait");
        me.at(Phase::Forced);
        self.waits(&me, guard, false).0
    }

    #[track_caller]
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

    #[track_caller]
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
pub struct Semaphore(sync::Mutex<Sem>);

/// Its value, and who is asleep.
impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sem = locked(&self.0);
        write!(f, "Semaphore {{ value: {}, asleep: Waiting({}) }}", sem.value, letters(sem.asleep.iter().copied()))
    }
}

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

    #[track_caller]
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

    #[track_caller]
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
        pub struct $name(sync::atomic::$name);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        #[allow(dead_code, reason = "the two have the same shape")]
        impl $name {
            pub fn new(value: $value) -> $name {
                $name(sync::atomic::$name::new(value))
            }

            #[track_caller]
            pub fn load(&self, _: Ordering) -> $value {
                if let Some(me) = current_thread() {
                    me.operation(concat!(stringify!($name), "::load"));
                }
                self.0.load(Ordering::SeqCst)
            }

            #[track_caller]
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

            #[track_caller]
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
            #[track_caller]
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
