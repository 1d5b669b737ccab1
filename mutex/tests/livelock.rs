//! The livelock of the polite philosophers, and more philosophers than loom can follow: `src/experiments/philosophers/table.rs` itself on shuttle.
//!
//! A livelock is an execution without end in which everybody goes on. An unfair scheduler makes one of any loop, so the schedule
//! here is the fairest there is: round robin, one step each. loom does not show it: a try that fails is not undone and tried
//! in another order there.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use shuttle::scheduler::{RandomScheduler, RoundRobinScheduler, Scheduler};
use shuttle::{Config, MaxSteps, Runner, thread};

#[path = "../src/experiments/philosophers/table.rs"]
#[allow(dead_code, reason = "not every part is needed")]
mod dinner;
use dinner::{Rule, Table};

/// The shape of `src/sync.rs`, made of shuttle's parts.
mod sync {
    pub use shuttle::sync::MutexGuard;
    pub use shuttle::sync::atomic::AtomicUsize;

    #[derive(Debug)]
    pub struct Mutex<T>(shuttle::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub fn new(value: T) -> Mutex<T> {
            Mutex(shuttle::sync::Mutex::new(value))
        }

        pub fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap()
        }

        pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            self.0.try_lock().ok()
        }
    }

    #[derive(Debug)]
    pub struct Condvar(shuttle::sync::Condvar);

    impl Condvar {
        pub fn new() -> Condvar {
            Condvar(shuttle::sync::Condvar::new())
        }

        pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
            self.0.wait(guard).unwrap()
        }

        pub fn notify_one(&self) {
            self.0.notify_one();
        }
    }

    pub fn relax(_: &mut u32) {
        shuttle::thread::yield_now();
    }
}

/// Steps in which any of these dinners is long over, if it ever is.
const MOST: usize = 20_000;

/// All sit down together and eat so often, under each schedule that the scheduler draws. What went wrong, if anything did.
fn dinner(rule: Rule, seats: usize, meals: u64, scheduler: impl Scheduler + 'static) -> Result<usize, String> {
    let mut config = Config::new();
    config.silence_warnings = true; // that memory orders are not modelled: the dinner has none to get wrong
    config.max_steps = MaxSteps::FailAfter(MOST);
    let all_eat = move || {
        let table = Arc::new(Table::new(seats));
        let all_here = Arc::new(shuttle::sync::Barrier::new(seats));
        let sit = |seat| {
            let (table, all_here) = (Arc::clone(&table), Arc::clone(&all_here));
            thread::spawn(move || {
                all_here.wait();
                (0..meals).for_each(|_| table.dine(seat, rule, || ()));
            })
        };
        let philosophers: Vec<_> = (0..seats).map(sit).collect();
        philosophers.into_iter().for_each(|philosopher| philosopher.join().unwrap());
        assert_eq!(table.used(), vec![2 * meals; seats]);
    };
    let run = || Runner::new(scheduler, config).run(all_eat);
    panic::catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned())).unwrap_or_default()
    })
}

#[test]
fn in_the_fairest_schedule_the_polite_ones_never_eat() {
    let said = dinner(Rule::PutBack, 3, 1, RoundRobinScheduler::new(1)).unwrap_err();
    assert!(said.contains("exceeded max_steps"), "{said}");
    // In the same schedule the first of the broken rules stands still, and the right ones come to their end.
    let said = dinner(Rule::LeftFirst, 3, 1, RoundRobinScheduler::new(1)).unwrap_err();
    assert!(said.contains("deadlock"), "{said}");
    for rule in [Rule::LowerFirst, Rule::OneLess] {
        assert_eq!(dinner(rule, 3, 5, RoundRobinScheduler::new(1)), Ok(1), "{rule:?}");
    }
}

#[test]
fn eight_philosophers_under_schedules_drawn_at_random() {
    const SCHEDULES: usize = 1_000;
    for rule in [Rule::LowerFirst, Rule::OneLess] {
        let ran = dinner(rule, 8, 3, RandomScheduler::new_from_seed(20_261_124, SCHEDULES)).unwrap();
        let name = rule.name();
        // Straight to the handle: the test harness would keep what eprintln! prints.
        let _ = writeln!(
            std::io::stderr(),
            "shuttle: {name}, 8 seats, 3 meals: {ran} random schedules (at least {SCHEDULES})"
        );
        assert!(ran >= SCHEDULES);
    }
    // The known-wrong twin.
    let said = dinner(Rule::LeftFirst, 3, 3, RandomScheduler::new_from_seed(20_261_124, SCHEDULES)).unwrap_err();
    assert!(said.contains("deadlock"), "{said}");
}
