//! The models, for whatever lock is given: a shipped one, or one with a planted bug.

use std::sync::Arc;
use std::sync::atomic::AtomicBool as Ghost; // what only the model knows: loom does not reorder it
use std::sync::atomic::Ordering::Relaxed;

use loom::thread;

use super::{Place, explore, sync};
use crate::lock::{Held, Lock, ThreadId};

/// How far a model is explored: its name, loom's preemption bound, the least number of executions.
pub struct Far(pub &'static str, pub Option<usize>, pub usize);

fn shared<L>(new: fn() -> L) -> Arc<(L, Place)> {
    Arc::new((new(), Place::default()))
}

/// `threads` threads (this one among them) take the lock `turns` times each. Everyone gets in, no two at once.
pub fn in_and_out<L: Lock + 'static>(Far(name, bound, least): Far, new: fn() -> L, threads: u64, turns: usize) {
    explore(name, bound, 1, least, move |_| {
        let all = shared(new);
        let visitor = |me: u64| {
            let all = Arc::clone(&all);
            move || {
                for _ in 0..turns {
                    let _held = Held::take(&all.0, ThreadId(me));
                    all.1.visit(me);
                }
            }
        };
        let others: Vec<_> = (2..=threads).map(|me| thread::spawn(visitor(me))).collect();
        visitor(1)();
        others.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(all.1.visits(), threads as usize * turns);
    });
}

/// `threads` threads that compute for `turns` turns each and look at the eval breaker after each one; nobody waits with a clock.
/// Python 2: everyone gets in, no two at once.
pub fn ticking<L: Lock + 'static>(Far(name, bound, least): Far, new: fn() -> L, threads: u64, turns: usize) {
    explore(name, bound, 1, least, move |_| {
        let all = shared(new);
        let computing = |me: u64| {
            let all = Arc::clone(&all);
            move || {
                let mut held = Held::take(&all.0, ThreadId(me));
                for _ in 0..turns {
                    all.1.visit(me);
                    held.check();
                }
            }
        };
        let others: Vec<_> = (2..=threads).map(|me| thread::spawn(computing(me))).collect();
        computing(1)();
        others.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(all.1.visits(), threads as usize * turns);
    });
}

/// One turn of a thread that has taken the lock at `since`, and a look at its eval breaker. Two promises of the locks with a
/// request: it was made of this holder and no other, and whoever lets go on request does not come back first.
fn turn<L: Lock>(held: &mut Held<'_, L>, place: &Place, me: u64, since: &mut u64) {
    place.visit(me);
    if held.wanted() {
        assert!(sync::timed_out_since(*since), "asked, though nobody has asked since it took the lock");
        held.allow_threads(|| ());
        *since = sync::locked();
        assert!(place.last() != me, "it let go on request and came back first");
    }
}

/// A thread that computes for `turns` turns and looks at its eval breaker after each; `requesters` others want in for a turn, and
/// their timed waits time out or not by every plan.
pub fn busy_holder<L: Lock + 'static>(Far(name, bound, least): Far, new: fn() -> L, turns: usize, requesters: u32) {
    explore(name, bound, 1 << (2 * requesters), least, move |plans| {
        let all = shared(new);
        let others: Vec<_> = (0..requesters)
            .map(|n| {
                let all = Arc::clone(&all);
                thread::spawn(move || {
                    sync::plan(plans >> (2 * n) & 3);
                    let me = u64::from(n) + 2;
                    let held = Held::take(&all.0, ThreadId(me));
                    let since = sync::locked();
                    all.1.visit(me);
                    let asked = held.wanted();
                    assert!(
                        !asked || sync::timed_out_since(since),
                        "asked, though nobody has asked since it took the lock"
                    );
                })
            })
            .collect();
        {
            let mut held = Held::take(&all.0, ThreadId(1));
            let mut since = sync::locked();
            (0..turns).for_each(|_| turn(&mut held, &all.1, 1, &mut since));
        }
        others.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(all.1.visits(), turns + requesters as usize);
    });
}

/// A holder who lets go for good after it may have been asked, beside one who asks and one who only barges in. Neither of them
/// inherits what was asked of the first.
pub fn next_holder<L: Lock + 'static>(Far(name, bound, least): Far, new: fn() -> L) {
    explore(name, bound, 4, least, move |plan| {
        let all = shared(new);
        let visitor = |me: u64, plan: u32| {
            let all = Arc::clone(&all);
            move || {
                sync::plan(plan);
                let mut held = Held::take(&all.0, ThreadId(me));
                let mut since = sync::locked();
                turn(&mut held, &all.1, me, &mut since);
            }
        };
        let first = Held::take(&all.0, ThreadId(1));
        let others = [thread::spawn(visitor(2, plan)), thread::spawn(visitor(3, 0))];
        all.1.visit(1);
        drop(first);
        others.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(all.1.visits(), 3);
    });
}

/// A thread that lets go around a blocking call, beside one that wants in meanwhile and may have asked.
pub fn blocking_call<L: Lock + 'static>(Far(name, bound, least): Far, new: fn() -> L) {
    explore(name, bound, 16, least, move |plans| {
        let all = shared(new);
        let other = {
            let all = Arc::clone(&all);
            thread::spawn(move || {
                sync::plan(plans & 3);
                let mut held = Held::take(&all.0, ThreadId(2));
                all.1.visit(2);
                held.check();
                all.1.visit(2);
            })
        };
        {
            sync::plan(plans >> 2);
            let mut held = Held::take(&all.0, ThreadId(1));
            all.1.visit(1);
            held.allow_threads(thread::yield_now);
            all.1.visit(1);
        }
        other.join().unwrap();
        assert_eq!(all.1.visits(), 4);
    });
}

/// A holder who computes for `turns` turns while the interpreter ends, and a daemon thread that waits, asks and gives up, or gets in
/// before. `others` more threads only wait. The holder must not wait for a thread that never comes.
pub fn gives_up<L: Lock + 'static, E: 'static>(
    Far(name, bound, least): Far,
    new: fn() -> L,
    take_unless: fn(&L, ThreadId, &sync::AtomicBool) -> Result<(), E>,
    turns: usize,
    others: u64,
) {
    let (gave_up, got_in) = (Arc::new(Ghost::new(false)), Arc::new(Ghost::new(false)));
    let seen = (Arc::clone(&gave_up), Arc::clone(&got_in));
    explore(name, bound, 4, least, move |plan| {
        let all = shared(new);
        let ending = Arc::new(sync::AtomicBool::new(false));
        let mut threads = Vec::new();
        {
            let (all, ending) = (Arc::clone(&all), Arc::clone(&ending));
            let (gave_up, got_in) = (Arc::clone(&gave_up), Arc::clone(&got_in));
            threads.push(thread::spawn(move || {
                sync::plan(plan);
                match take_unless(&all.0, ThreadId(2), &ending) {
                    Ok(()) => {
                        all.1.visit(2);
                        all.0.leave(ThreadId(2));
                        got_in.store(true, Relaxed);
                    }
                    Err(_) => gave_up.store(true, Relaxed),
                }
            }));
        }
        for me in 3..3 + others {
            let all = Arc::clone(&all);
            threads.push(thread::spawn(move || {
                let _held = Held::take(&all.0, ThreadId(me));
                all.1.visit(me);
            }));
        }
        {
            let mut held = Held::take(&all.0, ThreadId(1));
            all.1.visit(1);
            ending.store(true, Relaxed);
            (0..turns).for_each(|_| held.check());
        }
        threads.into_iter().for_each(|t| t.join().unwrap());
    });
    assert!(seen.0.load(Relaxed) && seen.1.load(Relaxed), "{name}: it gave up in no execution, or in all");
}
