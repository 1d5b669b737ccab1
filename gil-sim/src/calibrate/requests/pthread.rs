//! The C library's mutex and condition variable, of which CPython's lock is made.
//!
//! Who takes a signal is decided within some hundred ns, so it depends on how many cache lines these touch and in which order. With a
//! mutex and a condition variable of our own, half of the signals were stolen on two cores far from each other where these have nearly all
//! of them stolen. `std`'s spin before they sleep, which hides what is measured.
//!
//! This needs unsafe code: no safe library gives access to them.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::time::Duration;

use lab::clock;

/// A cache line of its own.
#[derive(Default)]
#[repr(align(64))]
pub(super) struct Line<T>(pub(super) T);

/// `pthread_mutex_t`. Until it is first locked it is plain data, which may be moved.
pub(super) struct Mutex(UnsafeCell<libc::pthread_mutex_t>);

/// `pthread_cond_t` with the monotonic clock, as CPython makes it. Until it is first waited for it is plain data, which may be moved.
pub(super) struct Condvar(UnsafeCell<libc::pthread_cond_t>);

// SAFETY: they are made to be shared. Who uses them holds a reference, so nobody moves or frees them meanwhile.
unsafe impl Sync for Mutex {}
// SAFETY: as above.
unsafe impl Sync for Condvar {}

impl Default for Mutex {
    fn default() -> Mutex {
        Mutex(UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER))
    }
}

impl Default for Condvar {
    fn default() -> Condvar {
        let condvar = Condvar(UnsafeCell::new(libc::PTHREAD_COND_INITIALIZER));
        let mut attributes = std::mem::MaybeUninit::uninit();
        // SAFETY: the attributes are initialized by the first call and destroyed by the last; nobody else knows the condition variable yet.
        let done = unsafe {
            let initialized = libc::pthread_condattr_init(attributes.as_mut_ptr());
            let monotonic = libc::pthread_condattr_setclock(attributes.as_mut_ptr(), libc::CLOCK_MONOTONIC);
            let made = libc::pthread_cond_init(condvar.0.get(), attributes.as_ptr());
            libc::pthread_condattr_destroy(attributes.as_mut_ptr());
            [initialized, monotonic, made]
        };
        assert_eq!(done, [0; 3], "the C library has the monotonic clock");
        condvar
    }
}

impl Mutex {
    pub(super) fn lock(&self) {
        // SAFETY: it is initialized, and does not move while it is borrowed. Each thread lets it go before it takes it again.
        let error = unsafe { libc::pthread_mutex_lock(self.0.get()) };
        debug_assert_eq!(error, 0);
    }

    /// Lets go of it, which this thread must hold.
    pub(super) fn unlock(&self) {
        // SAFETY: as for `lock`.
        let error = unsafe { libc::pthread_mutex_unlock(self.0.get()) };
        debug_assert_eq!(error, 0);
    }
}

impl Condvar {
    /// Waits for a signal, at most so long; whether the time was up. This thread must hold the mutex, and holds it again afterwards.
    pub(super) fn wait(&self, mutex: &Mutex, at_most: Option<Duration>) -> bool {
        let Some(length) = at_most else {
            // SAFETY: both are initialized and do not move while they are borrowed; the thread holds the mutex.
            unsafe { libc::pthread_cond_wait(self.0.get(), mutex.0.get()) };
            return false;
        };
        let end = Duration::from_nanos(clock::now()) + length;
        let end = libc::timespec {
            tv_sec: libc::time_t::try_from(end.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: libc::c_long::from(end.subsec_nanos().cast_signed()),
        };
        // SAFETY: as above; the time is a valid one.
        unsafe { libc::pthread_cond_timedwait(self.0.get(), mutex.0.get(), &raw const end) == libc::ETIMEDOUT }
    }

    /// Wakes one who waits.
    pub(super) fn signal(&self) {
        // SAFETY: it is initialized and does not move while it is borrowed.
        unsafe { libc::pthread_cond_signal(self.0.get()) };
    }

    /// Wakes all who wait.
    pub(super) fn signal_all(&self) {
        // SAFETY: as above.
        unsafe { libc::pthread_cond_broadcast(self.0.get()) };
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::thread;

    use super::*;

    #[derive(Default)]
    struct Shared {
        mutex: Mutex,
        changed: Condvar,
        value: AtomicU64,
    }

    #[test]
    fn one_at_a_time_is_inside() {
        let shared = Shared::default();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        shared.mutex.lock();
                        // Without the mutex some of these would be lost.
                        shared.value.store(shared.value.load(Relaxed) + 1, Relaxed);
                        shared.mutex.unlock();
                    }
                });
            }
        });
        assert_eq!(shared.value.into_inner(), 40_000);
    }

    #[test]
    fn a_wait_ends_by_a_signal_or_when_its_time_is_up() {
        let shared = Shared::default();
        let before = clock::now();
        shared.mutex.lock();
        let mut timed_out = false;
        while !timed_out {
            timed_out = shared.changed.wait(&shared.mutex, Some(Duration::from_millis(20)));
        }
        assert!(clock::now() - before >= 20_000_000);
        thread::scope(|scope| {
            scope.spawn(|| {
                shared.mutex.lock();
                shared.value.store(1, Relaxed);
                shared.changed.signal();
                shared.mutex.unlock();
            });
            while shared.value.load(Relaxed) == 0 {
                shared.changed.wait(&shared.mutex, None);
            }
        });
        shared.mutex.unlock();
    }
}
