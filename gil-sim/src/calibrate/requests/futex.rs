//! A mutex and a condition variable as glibc has them, of futexes: nobody spins, a signal is a token that whoever looks first may
//! take, and what sleeps is woken in the order of its arrival. `std`'s spin before they sleep, which hides what is measured here.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use rustix::thread::futex::{self, Flags, Timespec};

/// A cache line of its own. What shares a line with what decides races of some hundred ns: left to chance, every run of this program would
/// have measured something else. CPython's mutex and condition variable are in two lines, and its requests in a third.
#[derive(Default)]
#[repr(align(64))]
pub(super) struct Line<T>(pub(super) T);

const FREE: u32 = 0;
const LOCKED: u32 = 1;
/// Somebody may be asleep for it.
const CONTENDED: u32 = 2;

/// `pthread_mutex_t`.
#[derive(Debug, Default)]
pub(super) struct Mutex(AtomicU32);

impl Mutex {
    pub(super) fn lock(&self) {
        if self.0.compare_exchange(FREE, LOCKED, SeqCst, SeqCst).is_err() {
            while self.0.swap(CONTENDED, SeqCst) != FREE {
                sleep(&self.0, CONTENDED, None);
            }
        }
    }

    pub(super) fn unlock(&self) {
        if self.0.swap(FREE, SeqCst) == CONTENDED {
            wake(&self.0, 1);
        }
    }
}

/// `pthread_cond_t`, with all waiters in one group.
#[derive(Debug, Default)]
pub(super) struct Condvar(AtomicU32);

impl Condvar {
    /// Waits for a signal, at most so long; whether the time was up.
    pub(super) fn wait(&self, mutex: &Mutex, at_most: Option<Duration>) -> bool {
        mutex.unlock();
        let timed_out = loop {
            let tokens = self.0.load(SeqCst);
            if tokens > 0 {
                if self.0.compare_exchange(tokens, tokens - 1, SeqCst, SeqCst).is_ok() {
                    break false;
                }
            } else if sleep(&self.0, 0, at_most) {
                break true;
            }
        };
        mutex.lock();
        timed_out
    }

    pub(super) fn signal(&self, tokens: u32) {
        self.0.fetch_add(tokens, SeqCst);
        wake(&self.0, tokens);
    }

    /// Withdraws a signal that no waiter took.
    pub(super) fn clear(&self) {
        self.0.store(0, SeqCst);
    }
}

/// Returns whether it timed out. After any other wake-up the caller checks again.
fn sleep(word: &AtomicU32, while_it_is: u32, at_most: Option<Duration>) -> bool {
    let time = at_most.and_then(|time| Timespec::try_from(time).ok());
    futex::wait(word, Flags::PRIVATE, while_it_is, time.as_ref()) == Err(rustix::io::Errno::TIMEDOUT)
}

fn wake(word: &AtomicU32, sleepers: u32) {
    // It can fail only for an invalid address.
    let _ = futex::wake(word, Flags::PRIVATE, sleepers);
}
