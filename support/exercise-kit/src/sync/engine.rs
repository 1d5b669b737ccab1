//! Which engine runs the scenario, and the plan of what the engines cannot do by themselves.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering::Relaxed};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Std,
    Loom,
    Turns,
}

static ENGINE: AtomicU8 = AtomicU8::new(0);
static TRIES: AtomicBool = AtomicBool::new(false);
static YIELDS: AtomicBool = AtomicBool::new(true);

pub(super) fn engine() -> Engine {
    match ENGINE.load(Relaxed) {
        1 => Engine::Loom,
        2 => Engine::Turns,
        _ => Engine::Std,
    }
}

pub(super) fn choose(engine: Engine, tries: bool, yields: bool) {
    ENGINE.store(
        match engine {
            Engine::Std => 0,
            Engine::Loom => 1,
            Engine::Turns => 2,
        },
        Relaxed,
    );
    TRIES.store(tries, Relaxed);
    YIELDS.store(yields, Relaxed);
}

/// Whether `yield_now` lets loom run the others first.
pub(super) fn yields() -> bool {
    YIELDS.load(Relaxed)
}

/// Whether an unlock is a point at which loom may switch: only so does it explore a `try_lock` that fails.
pub(super) fn tries() -> bool {
    TRIES.load(Relaxed)
}

/// What happens in the next waits of a thread, one bit a wait, the lowest first.
///
/// No engine times out or wakes a waiter without a signal by itself (loom's `wait_timeout` never times out). Such a wake-up consumes no
/// signal and may come at any moment: let go of the lock and come back. Waits beyond the plan block until a signal, so that a lost
/// wake-up is still a deadlock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Which calls of `wait_timeout` time out.
    pub timeouts: u32,
    /// Which calls of `wait` (and of `wait_timeout`) wake up without a signal.
    pub spurious: u32,
}

const NONE: Plan = Plan { timeouts: 0, spurious: 0 };

thread_local! {
    static PLAN: Cell<Plan> = const { Cell::new(NONE) };
}
loom::thread_local! {
    static PLAN_IN_LOOM: Cell<Plan> = Cell::new(NONE);
}

fn with_plan<R>(use_it: impl FnOnce(&Cell<Plan>) -> R) -> R {
    match engine() {
        Engine::Loom => PLAN_IN_LOOM.with(use_it),
        Engine::Std | Engine::Turns => PLAN.with(use_it),
    }
}

/// Sets the plan of the calling thread.
pub fn plan(plan: Plan) {
    with_plan(|cell| cell.set(plan));
}

pub(super) fn next_times_out() -> bool {
    with_plan(|cell| {
        let plan = cell.get();
        cell.set(Plan { timeouts: plan.timeouts >> 1, ..plan });
        plan.timeouts & 1 == 1
    })
}

pub(super) fn next_is_spurious() -> bool {
    with_plan(|cell| {
        let plan = cell.get();
        cell.set(Plan { spurious: plan.spurious >> 1, ..plan });
        plan.spurious & 1 == 1
    })
}
