//! loom in the place of `gil_sim::sync`, and one way to explore a model.

use std::io::Write;
use std::sync::Arc; // not loom's: its drop panics again while a found deadlock unwinds, and that aborts the process
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// The shape of `src/sync.rs`, made of loom's parts.
pub mod sync {
    use std::cell::Cell;
    use std::time::Duration;

    pub use loom::sync::MutexGuard;
    pub use loom::sync::atomic::{AtomicBool, AtomicU64};

    #[derive(Debug)]
    pub struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub fn new(value: T) -> Mutex<T> {
            Mutex(loom::sync::Mutex::new(value))
        }

        pub fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap()
        }
    }

    #[derive(Debug)]
    pub struct Condvar(loom::sync::Condvar);

    loom::thread_local! {
        /// Bit i: whether this thread's next but i timed wait times out.
        static PLAN: Cell<u32> = Cell::new(0);
    }

    /// Sets the plan of the calling model thread.
    pub fn plan(timeouts: u32) {
        PLAN.with(|plan| plan.set(timeouts));
    }

    impl Condvar {
        pub fn new() -> Condvar {
            Condvar(loom::sync::Condvar::new())
        }

        pub fn notify_one(&self) {
            self.0.notify_one();
        }

        pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
            self.0.wait(guard).unwrap()
        }

        /// loom's own timed wait never times out. A time-out is a wake-up that consumes no signal and may come at any moment:
        /// let go and come back. Which waits time out is a plan of the model, and every plan is explored; waits beyond the plan
        /// block for ever, so that a lost wake-up is still a deadlock.
        pub fn wait_timeout<'a, T>(
            &self,
            mutex: &'a Mutex<T>,
            guard: MutexGuard<'a, T>,
            _: Duration,
        ) -> (MutexGuard<'a, T>, bool) {
            let plan = PLAN.with(Cell::get);
            PLAN.with(|rest| rest.set(plan >> 1));
            if plan & 1 == 1 {
                drop(guard);
                return (mutex.lock(), true);
            }
            (self.wait(guard), false)
        }
    }
}

/// Explores a model once for every plan, and says how far it went. Fails if that is less than stated.
///
/// `bound` limits the preemptions of one execution; `None` explores all interleavings that loom knows. The model is given the
/// plan, two bits a thread.
pub fn explore(
    name: &str,
    bound: Option<usize>,
    plans: u32,
    least: usize,
    model: impl Fn(u32) + Send + Sync + 'static,
) {
    let executions = Arc::new(AtomicUsize::new(0));
    let model = Arc::new(model);
    for plan in 0..plans {
        let mut builder = loom::model::Builder::new();
        // Whatever LOOM_* variables say: loom stops early in silence at the limits, and a model that stopped proves nothing.
        builder.preemption_bound = bound;
        builder.max_permutations = None;
        builder.max_duration = None;
        builder.max_branches = 10_000;
        let (executions, model) = (Arc::clone(&executions), Arc::clone(&model));
        builder.check(move || {
            executions.fetch_add(1, Relaxed);
            model(plan);
        });
    }
    let n = executions.load(Relaxed);
    let bound = bound.map_or("no preemption bound".into(), |b| format!("at most {b} preemptions"));
    // Straight to the handle: the test harness would keep what eprintln! prints.
    let _ =
        writeln!(std::io::stderr(), "loom: {name}: {bound}, {plans} time-out plans, {n} executions (at least {least})");
    assert!(n >= least, "{name}: explored {n} executions, fewer than {least}: the model has become vacuous");
}

/// What the lock protects: loom reports two threads in it at once, and it remembers who was there last.
#[derive(Default)]
pub struct Place {
    cell: loom::cell::UnsafeCell<()>,
    last: AtomicU64,
    visits: AtomicUsize,
}

impl Place {
    pub fn visit(&self, me: u64) {
        self.cell.with_mut(|_| self.last.store(me, Relaxed));
        self.visits.fetch_add(1, Relaxed);
    }

    pub fn last(&self) -> u64 {
        self.last.load(Relaxed)
    }

    pub fn visits(&self) -> usize {
        self.visits.load(Relaxed)
    }
}

/// The models, for whatever lock `$gil` is: the shipped one, or one with a planted bug.
#[macro_export]
macro_rules! models {
    ($gil:path) => {
        use loom::thread;
        use std::sync::Arc;
        use std::time::Duration;
        use $crate::model::{Place, explore};
        use $gil::{Gil, ThreadId};

        fn shared() -> Arc<(Gil, Place)> {
            Arc::new((Gil::new(Duration::from_millis(5)), Place::default()))
        }

        /// `threads` threads (this one among them) take the lock `turns` times each. Everyone gets in, no two at once.
        pub fn in_and_out(name: &str, threads: u64, turns: usize, bound: Option<usize>, least: usize) {
            explore(name, bound, 1, least, move |_| {
                let all = shared();
                let visitor = |me: u64| {
                    let all = Arc::clone(&all);
                    move || {
                        for _ in 0..turns {
                            let _held = all.0.acquire(ThreadId(me));
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

        /// A thread that computes for `turns` turns and looks at its eval breaker after each; `requesters` others want in, and
        /// their timed waits time out or not by every plan. Whoever lets go on request does not come back first.
        pub fn busy_holder(name: &str, turns: usize, requesters: u32, bound: Option<usize>, least: usize) {
            explore(name, bound, 1 << (2 * requesters), least, move |plans| {
                let all = shared();
                let others: Vec<_> = (0..requesters)
                    .map(|n| {
                        let all = Arc::clone(&all);
                        thread::spawn(move || {
                            $crate::model::sync::plan(plans >> (2 * n) & 3);
                            let me = u64::from(n) + 2;
                            let _held = all.0.acquire(ThreadId(me));
                            all.1.visit(me);
                        })
                    })
                    .collect();
                {
                    let mut held = all.0.acquire(ThreadId(1));
                    for _ in 0..turns {
                        all.1.visit(1);
                        let asked = held.wanted();
                        held.check();
                        assert!(!asked || all.1.last() != 1, "it let go on request and came back first");
                    }
                }
                others.into_iter().for_each(|t| t.join().unwrap());
                assert_eq!(all.1.visits(), turns + requesters as usize);
            });
        }

        /// A thread that lets go around a blocking call, beside one that wants in meanwhile and may have asked.
        pub fn blocking_call(name: &str, bound: Option<usize>, least: usize) {
            explore(name, bound, 16, least, |plans| {
                let all = shared();
                let other = {
                    let all = Arc::clone(&all);
                    thread::spawn(move || {
                        $crate::model::sync::plan(plans & 3);
                        let mut held = all.0.acquire(ThreadId(2));
                        all.1.visit(2);
                        held.check();
                        all.1.visit(2);
                    })
                };
                {
                    $crate::model::sync::plan(plans >> 2);
                    let mut held = all.0.acquire(ThreadId(1));
                    all.1.visit(1);
                    held.allow_threads(|| thread::yield_now());
                    all.1.visit(1);
                }
                other.join().unwrap();
                assert_eq!(all.1.visits(), 4);
            });
        }
    };
}
