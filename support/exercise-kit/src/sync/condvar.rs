//! `std::sync::Condvar`, recorded.

use std::collections::VecDeque;
use std::sync::{self, LockResult, PoisonError};
use std::time::{Duration, Instant};

use lab::trace::State;

use super::engine::{Engine, engine, next_is_spurious, next_times_out};
use super::mutex::{MutexGuard, Parts};
use super::steps::{Change, NO_SIGNAL, TIME_IS_UP, WAKES, Wait, line, me, record, with};
use super::thread::{lane, told};
use super::turns;

/// In turns a timed wait ends after so many steps of others.
const PATIENCE: usize = 40;

/// `std::sync::Condvar`.
#[derive(Debug)]
pub struct Condvar {
    signals: Signals,
    number: usize,
}

#[derive(Debug)]
enum Signals {
    Std(sync::Condvar),
    Loom(loom::sync::Condvar),
    /// Who waits, the one that came first at the front.
    Turns(sync::Mutex<VecDeque<usize>>),
}

/// `std::sync::WaitTimeoutResult`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether the time was up.
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    /// Nobody waits yet.
    #[track_caller]
    #[allow(clippy::new_without_default, reason = "there is a Default below")]
    pub fn new() -> Condvar {
        let line = line();
        let signals = match engine() {
            Engine::Std => Signals::Std(sync::Condvar::new()),
            Engine::Loom => Signals::Loom(loom::sync::Condvar::new()),
            Engine::Turns => Signals::Turns(sync::Mutex::default()),
        };
        Condvar { signals, number: with(|log| log.add_object(None, "condvar", line)) }
    }

    /// Lets go of the lock until there is a signal, or, by the plan, without one.
    #[track_caller]
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let line = line();
        if next_is_spurious() {
            return Ok(self.wake_without_signal(guard, NO_SIGNAL, line));
        }
        Ok(self.until_signal(guard, None, line).0)
    }

    /// `wait` until the condition does not hold any more.
    #[track_caller]
    pub fn wait_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<MutexGuard<'a, T>> {
        while condition(&mut *guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// `wait`, at most for so long. With loom the plan says which waits time out.
    #[track_caller]
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        most: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let line = line();
        let (timed_out, spurious) = (next_times_out(), next_is_spurious());
        if timed_out {
            return Ok((self.wake_without_signal(guard, TIME_IS_UP, line), WaitTimeoutResult(true)));
        }
        if spurious {
            return Ok((self.wake_without_signal(guard, NO_SIGNAL, line), WaitTimeoutResult(false)));
        }
        let (guard, timed_out) = self.until_signal(guard, Some(most), line);
        Ok((guard, WaitTimeoutResult(timed_out)))
    }

    /// One waiter goes on: the one that came first.
    #[track_caller]
    pub fn notify_one(&self) {
        self.notify("notify_one", 1, line());
    }

    /// All waiters go on.
    #[track_caller]
    pub fn notify_all(&self) {
        self.notify("notify_all", usize::MAX, line());
    }

    fn notify(&self, operation: &'static str, many: usize, line: Option<u32>) {
        match &self.signals {
            Signals::Std(signals) if many == 1 => signals.notify_one(),
            Signals::Std(signals) => signals.notify_all(),
            Signals::Loom(signals) if many == 1 => signals.notify_one(),
            Signals::Loom(signals) => signals.notify_all(),
            Signals::Turns(waiters) => {
                turns::step(me());
                let mut waiters = waiters.lock().unwrap_or_else(PoisonError::into_inner);
                let woken = many.min(waiters.len());
                for thread in waiters.drain(..woken) {
                    turns::wake_thread(thread, Wait::Signal(self.number));
                }
            }
        }
        record(operation, Some(self.number), Change::Nothing, line);
    }

    fn wake_without_signal<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        operation: &'static str,
        line: Option<u32>,
    ) -> MutexGuard<'a, T> {
        record("wait", Some(self.number), Change::Nothing, line);
        let mutex = guard.mutex();
        drop(guard);
        let guard = mutex.lock().unwrap_or_else(PoisonError::into_inner);
        record(operation, Some(self.number), Change::Nothing, line);
        guard
    }

    fn until_signal<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        most: Option<Duration>,
        line: Option<u32>,
    ) -> (MutexGuard<'a, T>, bool) {
        record("wait", Some(self.number), Change::Nothing, line);
        with(|log| log.waits(me(), Some(Wait::Signal(self.number))));
        let mut parts = guard.part();
        let timed_out = match &self.signals {
            Signals::Std(signals) => {
                let _told = told(Wait::Signal(self.number));
                lane(State::Idle, || wait_in_std(signals, &mut parts, most))
            }
            Signals::Loom(signals) => {
                // Behind the gate std's mutex must be free for others.
                parts.value = None;
                let gate = parts.gate.take().expect("a guard of loom's has its gate");
                parts.gate = Some(signals.wait(gate).unwrap_or_else(PoisonError::into_inner));
                false
            }
            Signals::Turns(waiters) => self.wait_in_turns(waiters, &mut parts, most.is_some(), line),
        };
        (parts.whole(WAKES, line), timed_out)
    }

    fn wait_in_turns<T>(
        &self,
        waiters: &sync::Mutex<VecDeque<usize>>,
        parts: &mut Parts<'_, T>,
        timed: bool,
        line: Option<u32>,
    ) -> bool {
        let me = me();
        waiters.lock().unwrap_or_else(PoisonError::into_inner).push_back(me);
        parts.value = None;
        turns::wake(Wait::Lock(parts.mutex.number()));
        if timed {
            turns::block_at_most(me, Wait::Signal(self.number), PATIENCE);
        } else {
            turns::block(me, Wait::Signal(self.number));
        }
        let mut waiters = waiters.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever is still in the queue got no signal.
        let timed_out = waiters.iter().position(|&waiter| waiter == me).map(|place| waiters.remove(place)).is_some();
        drop(waiters);
        parts.take_in_turn(line);
        timed_out
    }
}

fn wait_in_std<T>(signals: &sync::Condvar, parts: &mut Parts<'_, T>, most: Option<Duration>) -> bool {
    let value = parts.value.take().expect("a guard of std's has its value");
    let (value, timed_out) = match most {
        None => (signals.wait(value).unwrap_or_else(PoisonError::into_inner), false),
        Some(most) => {
            let begun = Instant::now();
            let (value, waited) = signals.wait_timeout(value, most).unwrap_or_else(PoisonError::into_inner);
            (value, waited.timed_out() && begun.elapsed() >= most)
        }
    };
    parts.value = Some(value);
    timed_out
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Condvar::new()
    }
}
