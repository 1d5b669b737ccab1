//! What the locks cost where nobody contends for them, and what doing without costs instead: `cargo bench -p gil-sim`.
//!
//! A lock is taken and released rarely, its eval breaker looked at all the time. Without the lock (PEP 703) that look is free, and
//! every change of a reference count has its price, which the benches `count` show: a load and a store, as under the lock; an
//! atomic addition, on one thread's own object and on one that two threads share; and PEP 703's way, where the owner of an object
//! counts without atomic additions and others with them.
//!
//! Most of what taking and releasing costs here are system calls: std's condition variables make one at each signal, those of
//! glibc, which CPython uses, only if somebody waits.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

use divan::{Bencher, counter::ItemsCount};
use gil_sim::lock::{AddressedGil, CHECK_INTERVAL, Free, MutexAndCondvar, SemaphoreLock, Ticks};
use gil_sim::{Gil, Lock, SWITCH_INTERVAL, ThreadId};

/// So many of what is measured in a sample.
const TIMES: u64 = 100_000;
const ME: ThreadId = ThreadId(1);

fn main() {
    divan::main();
}

/// A lock to be measured.
trait New: Lock {
    fn fresh() -> Self;
}

impl New for Gil {
    fn fresh() -> Self {
        Gil::new(SWITCH_INTERVAL)
    }
}

impl New for AddressedGil {
    fn fresh() -> Self {
        AddressedGil::new(SWITCH_INTERVAL)
    }
}

impl New for Ticks<SemaphoreLock> {
    fn fresh() -> Self {
        Ticks::new(CHECK_INTERVAL)
    }
}

impl New for Ticks<MutexAndCondvar> {
    fn fresh() -> Self {
        Ticks::new(CHECK_INTERVAL)
    }
}

impl New for Free {
    fn fresh() -> Self {
        Free
    }
}

/// `TIMES` times what `work` does, as one sample.
fn times(bencher: Bencher<'_, '_>, work: impl Fn() + Sync) {
    bencher.counter(ItemsCount::new(TIMES)).bench_local(|| (0..TIMES).for_each(|_| work()));
}

/// Nobody else wants it.
#[divan::bench(types = [Gil, AddressedGil, Ticks<SemaphoreLock>, Ticks<MutexAndCondvar>, Free])]
fn take_and_release<L: New>(bencher: Bencher<'_, '_>) {
    let lock = L::fresh();
    times(bencher, || {
        black_box(&lock).take(ME);
        black_box(&lock).release(ME);
    });
}

/// The eval breaker, looked at by the holder; nobody has asked.
#[divan::bench(types = [Gil, AddressedGil, Ticks<SemaphoreLock>, Ticks<MutexAndCondvar>, Free])]
fn look<L: New>(bencher: Bencher<'_, '_>) {
    let lock = L::fresh();
    lock.take(ME);
    times(bencher, || {
        black_box(black_box(&lock).wanted(ME));
    });
    lock.leave(ME);
}

/// A reference taken and given back.
mod count {
    use super::*;

    /// Under a lock: a load and a store each.
    fn plain(count: &AtomicU64) {
        count.store(count.load(Relaxed) + 1, Relaxed);
        let count = black_box(count);
        count.store(count.load(Relaxed) - 1, Relaxed);
    }

    /// Without one: an atomic step each.
    fn atomic(count: &AtomicU64) {
        count.fetch_add(1, Relaxed);
        black_box(count).fetch_sub(1, Relaxed);
    }

    /// Without one, as PEP 703 does it: an object knows the thread that made it. That one counts without atomic steps, in a number
    /// of its own.
    #[derive(Default)]
    struct Biased {
        /// `ob_tid`.
        owner: AtomicU64,
        /// `ob_ref_local`.
        local: AtomicU64,
        /// `ob_ref_shared`.
        shared: AtomicU64,
    }

    fn biased(me: ThreadId, object: &Biased) {
        if object.owner.load(Relaxed) == me.0 { plain(&object.local) } else { atomic(&object.shared) }
    }

    #[divan::bench]
    fn under_a_lock(bencher: Bencher<'_, '_>) {
        let count = AtomicU64::new(1);
        times(bencher, || plain(black_box(&count)));
    }

    #[divan::bench]
    fn atomic_own(bencher: Bencher<'_, '_>) {
        let count = AtomicU64::new(1);
        times(bencher, || atomic(black_box(&count)));
    }

    #[divan::bench]
    fn biased_own(bencher: Bencher<'_, '_>) {
        let object = Biased { owner: AtomicU64::new(ME.0), ..Biased::default() };
        times(bencher, || biased(ME, black_box(&object)));
    }

    #[divan::bench]
    fn biased_foreign(bencher: Bencher<'_, '_>) {
        let object = Biased { owner: AtomicU64::new(ME.0), ..Biased::default() };
        times(bencher, || biased(ThreadId(2), black_box(&object)));
    }

    /// `work` by two threads, `TIMES` times each, counted as one thread's: what one pays while the other does the same.
    fn shared(bencher: Bencher<'_, '_>, work: impl Fn(ThreadId) + Sync) {
        bencher.counter(ItemsCount::new(TIMES)).bench_local(|| {
            thread::scope(|scope| {
                scope.spawn(|| (0..TIMES).for_each(|_| work(ThreadId(2))));
                (0..TIMES).for_each(|_| work(ME));
            });
        });
    }

    /// Starting and joining the other thread alone: to be taken off the next two.
    #[divan::bench]
    fn shared_nothing(bencher: Bencher<'_, '_>) {
        bencher.bench_local(|| thread::scope(|scope| drop(scope.spawn(|| ()))));
    }

    #[divan::bench]
    fn atomic_shared(bencher: Bencher<'_, '_>) {
        let count = AtomicU64::new(1);
        shared(bencher, |_| atomic(black_box(&count)));
    }

    #[divan::bench]
    fn biased_shared(bencher: Bencher<'_, '_>) {
        let object = Biased { owner: AtomicU64::new(ME.0), ..Biased::default() };
        shared(bencher, |me| biased(me, black_box(&object)));
    }
}
