//! `std::sync::Mutex`, recorded.

use std::any::Any;
use std::fmt::{self, Debug};
use std::ops::{Deref, DerefMut};
use std::sync::{self, LockResult, PoisonError, TryLockError, TryLockResult};

use loom::sync::atomic::{AtomicUsize, Ordering};

use lab::lang::Text;
use lab::trace::State;

use super::engine::{Engine, engine, tries};
use super::steps::{Change, WANTS, Wait, line, me, record, with};
use super::thread::{lane, told};
use super::turns;

/// `std::sync::Mutex`.
///
/// The value is in std's mutex. With loom or in turns a gate decides who comes next, so that std's is always free behind it.
pub struct Mutex<T> {
    value: sync::Mutex<T>,
    gate: Gate,
    number: usize,
    shown: fn(&T) -> Change,
}

enum Gate {
    Std,
    Loom {
        lock: loom::sync::Mutex<()>,
        /// loom does not see an unlock as something that can come before or after a `try_lock`; this access is one.
        unlocks: Option<AtomicUsize>,
    },
    Turns,
}

impl<T: 'static> Mutex<T> {
    /// A free mutex.
    #[track_caller]
    pub fn new(value: T) -> Mutex<T> {
        Mutex::made(value, None)
    }

    /// A mutex of the driver's, with the name that tables show.
    #[track_caller]
    pub fn named(name: Text, value: T) -> Mutex<T> {
        Mutex::made(value, Some(name))
    }

    #[track_caller]
    fn made(value: T, name: Option<Text>) -> Mutex<T> {
        let line = line();
        let gate = match engine() {
            Engine::Std => Gate::Std,
            Engine::Turns => Gate::Turns,
            Engine::Loom => {
                Gate::Loom { lock: loom::sync::Mutex::new(()), unlocks: tries().then(|| AtomicUsize::new(0)) }
            }
        };
        let number = with(|log| log.add_object(name, "mutex", line));
        Mutex { value: sync::Mutex::new(value), gate, number, shown: number_in }
    }
}

/// Tables show numbers and flags.
fn number_in<T: 'static>(value: &T) -> Change {
    let value = value as &dyn Any;
    let number = |shown: Option<i64>| shown.map(Change::Is);
    None.or_else(|| number(value.downcast_ref::<i64>().copied()))
        .or_else(|| number(value.downcast_ref::<u64>().map(|&n| n.try_into().unwrap_or(i64::MAX))))
        .or_else(|| number(value.downcast_ref::<usize>().map(|&n| n.try_into().unwrap_or(i64::MAX))))
        .or_else(|| number(value.downcast_ref::<i32>().map(|&n| n.into())))
        .or_else(|| number(value.downcast_ref::<u32>().map(|&n| n.into())))
        .or_else(|| number(value.downcast_ref::<bool>().map(|&n| n.into())))
        .unwrap_or(Change::Nothing)
}

impl<T> Mutex<T> {
    /// Waits for the mutex.
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let line = line();
        with(|log| log.wants(me(), self.number));
        let pass = self.enter(line);
        Ok(self.guard(pass, "lock", line))
    }

    /// Takes the mutex if it is free.
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        let line = line();
        let pass = match &self.gate {
            Gate::Std => match self.value.try_lock() {
                Ok(value) => Some(Pass::Std(value)),
                Err(TryLockError::Poisoned(poisoned)) => Some(Pass::Std(poisoned.into_inner())),
                Err(TryLockError::WouldBlock) => None,
            },
            Gate::Loom { lock, unlocks } => {
                if let Some(unlocks) = unlocks {
                    unlocks.fetch_add(1, Ordering::SeqCst);
                }
                lock.try_lock().ok().map(Pass::Loom)
            }
            Gate::Turns => {
                turns::step(me());
                with(|log| log.owner(self.number)).is_none().then_some(Pass::Turns)
            }
        };
        let Some(pass) = pass else {
            record("try_lock", Some(self.number), Change::Worked(false), line);
            return Err(TryLockError::WouldBlock);
        };
        Ok(self.guard(pass, "try_lock", line))
    }

    /// The value, without a lock: nobody else has the mutex any more.
    pub fn into_inner(self) -> LockResult<T> {
        Ok(self.value.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// The value, without a lock: nobody else has the mutex.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        Ok(self.value.get_mut().unwrap_or_else(PoisonError::into_inner))
    }

    fn enter(&self, line: Option<u32>) -> Pass<'_, T> {
        match &self.gate {
            Gate::Std => match self.value.try_lock() {
                Ok(value) => Pass::Std(value),
                Err(TryLockError::Poisoned(poisoned)) => Pass::Std(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {
                    self.has_to_wait(line);
                    let _told = told(Wait::Lock(self.number));
                    Pass::Std(lane(State::WaitingForLock, || self.value.lock().unwrap_or_else(PoisonError::into_inner)))
                }
            },
            Gate::Loom { lock, .. } => {
                if with(|log| log.owner(self.number)).is_some() {
                    self.has_to_wait(line);
                } else {
                    with(|log| log.waits(me(), Some(Wait::Lock(self.number))));
                }
                Pass::Loom(lock.lock().unwrap_or_else(PoisonError::into_inner))
            }
            Gate::Turns => {
                turns::step(me());
                self.take_in_turn(line);
                Pass::Turns
            }
        }
    }

    fn take_in_turn(&self, line: Option<u32>) {
        let mut said = false;
        while with(|log| log.owner(self.number)).is_some() {
            if !said {
                self.has_to_wait(line);
            }
            said = true;
            turns::block(me(), Wait::Lock(self.number));
        }
    }

    fn has_to_wait(&self, line: Option<u32>) {
        record(WANTS, Some(self.number), Change::Nothing, line);
        with(|log| log.waits(me(), Some(Wait::Lock(self.number))));
    }

    fn guard<'a>(&'a self, pass: Pass<'a, T>, operation: &'static str, line: Option<u32>) -> MutexGuard<'a, T> {
        with(|log| log.took(me(), self.number));
        let (value, gate) = match pass {
            Pass::Std(value) => (value, None),
            Pass::Loom(gate) => (self.value.lock().unwrap_or_else(PoisonError::into_inner), Some(gate)),
            Pass::Turns => (self.value.lock().unwrap_or_else(PoisonError::into_inner), None),
        };
        record(operation, Some(self.number), self.show(&value), line);
        MutexGuard { mutex: self, value: Some(value), gate }
    }

    fn show(&self, value: &T) -> Change {
        (self.shown)(value)
    }

    pub(super) fn number(&self) -> usize {
        self.number
    }
}

enum Pass<'a, T> {
    Std(sync::MutexGuard<'a, T>),
    Loom(loom::sync::MutexGuard<'a, ()>),
    Turns,
}

impl<T: Default + 'static> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

impl<T> Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex").finish_non_exhaustive()
    }
}

/// `std::sync::MutexGuard`.
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    // Dropped before the gate opens.
    value: Option<sync::MutexGuard<'a, T>>,
    gate: Option<loom::sync::MutexGuard<'a, ()>>,
}

impl<'a, T> MutexGuard<'a, T> {
    pub(super) fn mutex(&self) -> &'a Mutex<T> {
        self.mutex
    }

    /// Lets go without a trace of an unlock, for a wait that lets go and takes again. `None` in the place of loom's part: the wait gets it.
    pub(super) fn part(mut self) -> Parts<'a, T> {
        with(|log| log.let_go(self.mutex.number));
        Parts { mutex: self.mutex, value: self.value.take(), gate: self.gate.take() }
    }
}

/// What a guard is made of, while its thread waits for a signal.
pub(super) struct Parts<'a, T> {
    pub(super) mutex: &'a Mutex<T>,
    pub(super) value: Option<sync::MutexGuard<'a, T>>,
    pub(super) gate: Option<loom::sync::MutexGuard<'a, ()>>,
}

impl<'a, T> Parts<'a, T> {
    /// The guard again, of a thread that has the lock back.
    pub(super) fn whole(mut self, operation: &'static str, line: Option<u32>) -> MutexGuard<'a, T> {
        let mutex = self.mutex;
        with(|log| log.took(me(), mutex.number));
        let value = self.value.take().unwrap_or_else(|| mutex.value.lock().unwrap_or_else(PoisonError::into_inner));
        record(operation, Some(mutex.number), mutex.show(&value), line);
        MutexGuard { mutex, value: Some(value), gate: self.gate.take() }
    }

    /// Waits for the lock, in turns.
    pub(super) fn take_in_turn(&self, line: Option<u32>) {
        self.mutex.take_in_turn(line);
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        let Some(value) = self.value.as_ref() else { return };
        let mutex = self.mutex;
        let going_on = !std::thread::panicking();
        match &mutex.gate {
            Gate::Loom { unlocks: Some(unlocks), .. } if going_on => {
                unlocks.fetch_add(1, Ordering::SeqCst);
            }
            Gate::Turns if going_on => turns::step(me()),
            _ => (),
        }
        if going_on {
            record("unlock", Some(mutex.number), mutex.show(value), None);
        }
        with(|log| log.let_go(mutex.number));
        self.value = None;
        self.gate = None;
        if matches!(mutex.gate, Gate::Turns) {
            turns::wake(Wait::Lock(mutex.number));
        }
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("only a wait takes it, and it takes the guard")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("only a wait takes it, and it takes the guard")
    }
}

impl<T: Debug> Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
