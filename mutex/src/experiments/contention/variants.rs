//! The ways to count together that are compared under contention; none of them may lose an update.

use std::mem;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use crossbeam::utils::CachePadded;

use crate::counter_variant::CounterVariant;
use crate::counter_variant::PROTECTED;
use crate::experiments::counter::{fetch_add, parking_lot_mutex, std_mutex};
use crate::locks::{Exclusive, Guarded, SpinLock, TicketLock};

/// Fixed without a lock: retries the compare-and-swap until no other update came in between.
pub fn compare_exchange(counter: &AtomicU64) {
    let mut seen = counter.load(Relaxed);
    while let Err(newer) = counter.compare_exchange_weak(seen, seen + 1, Relaxed, Relaxed) {
        seen = newer;
    }
}

/// Shards of a counter, each on a cache line of its own.
type Shards = [CachePadded<AtomicU64>; 64];

// ANCHOR: sharded
/// Fixed by not sharing: every thread has a counter of its own; reading sums them up.
pub fn sharded(counter: &Shards) {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: usize = THREADS.fetch_add(1, Relaxed);
    }
    let mine = MINE.with(|mine| *mine) % counter.len();
    counter[mine].fetch_add(1, Relaxed); // two threads may share a shard: it is still one atomic step
}
// ANCHOR_END: sharded

fn by_hand<L: Exclusive + 'static>(name: (&'static str, &'static str)) -> CounterVariant {
    let add = |counter: &Guarded<L, u64>| counter.with(|n| *n += 1);
    CounterVariant::new(name, PROTECTED, Guarded::<L, u64>::new(0), add, |counter| counter.with(mem::take))
}

/// All variants; none of them may lose an update.
pub fn variants() -> Vec<CounterVariant> {
    let take = |c: &AtomicU64| c.swap(0, Relaxed);
    vec![
        CounterVariant::new(("std_mutex", "std::sync::Mutex"), PROTECTED, Mutex::new(0), std_mutex, |c| {
            mem::take(&mut *c.lock().expect("nobody panics with it"))
        }),
        CounterVariant::new(
            ("parking_lot_mutex", "parking_lot::Mutex"),
            PROTECTED,
            parking_lot::Mutex::new(0),
            parking_lot_mutex,
            |c| mem::take(&mut *c.lock()),
        ),
        CounterVariant::new(
            ("fair_mutex", "parking_lot::FairMutex"),
            PROTECTED,
            parking_lot::FairMutex::new(0_u64),
            |c| *c.lock() += 1,
            |c| mem::take(&mut *c.lock()),
        ),
        by_hand::<SpinLock>(("spin_lock", "SpinLock")),
        by_hand::<TicketLock>(("ticket_lock", "TicketLock")),
        CounterVariant::new(("fetch_add", "AtomicU64::fetch_add"), PROTECTED, AtomicU64::new(0), fetch_add, take),
        CounterVariant::new(
            ("compare_exchange", "compare_exchange"),
            PROTECTED,
            AtomicU64::new(0),
            compare_exchange,
            take,
        ),
        CounterVariant::new(
            ("sharded", "CachePadded<AtomicU64>"),
            PROTECTED,
            Shards::from(std::array::from_fn(|_| CachePadded::new(AtomicU64::new(0)))),
            sharded,
            |shards| shards.iter().map(|shard| shard.swap(0, Relaxed)).sum(),
        ),
    ]
}
