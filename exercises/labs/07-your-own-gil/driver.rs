//! Runs a scenario of lab 07: threads that compute, and look between two bytecodes whether they are asked to let go.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst}; // what only the driver knows: no point at which loom may switch
use std::time::Duration;

use kit::sync::{self, Arc, Change, Model, Place, Plan, Step, thread};
use kit::{Run, text};

use crate::submission::Gil;

/// Runs one scenario.
pub fn run(scenario: &str, run: &Run) {
    match scenario {
        "inside" => inside(run),
        "busy" => busy(run),
        "next" => next(run),
        "threads" => threads(run),
        other => panic!("there is no scenario '{other}'"),
    }
}

/// A yield that loom takes for the wait that it is not would hide what it only makes rare.
fn model(name: &'static str, least: usize) -> Model {
    Model { yields: false, branches: 400, ..Model::new(name, least) }
}

/// The lock, what it protects, and who was there last.
struct Interpreter {
    gil: Gil,
    place: Place,
    last: AtomicUsize,
}

impl Interpreter {
    fn new() -> Arc<Interpreter> {
        let gil = Gil::new(Duration::from_millis(5));
        Arc::new(Interpreter { gil, place: Place::new(), last: AtomicUsize::new(0) })
    }

    fn take(&self, me: usize) {
        self.gil.take_gil(me);
        sync::note("GIL 잡음", "has the GIL", Change::Nothing);
    }

    fn release(&self, me: usize) {
        sync::note("GIL 놓음", "lets go", Change::Nothing);
        self.gil.drop_gil(me);
    }

    /// One bytecode.
    fn turn(&self, me: usize) {
        self.place.visit(|| self.last.store(me, SeqCst));
    }

    /// The look between two bytecodes. Whoever is asked lets go, and somebody else has to come in before it does again.
    fn look(&self, run: &Run, me: usize) {
        if !self.gil.asked() {
            return;
        }
        sync::note("요청받음", "is asked", Change::Nothing);
        if !was_waited_for() {
            run.fact("broke", "request");
            panic!("thread {me} is asked, though nobody has waited a whole interval for it");
        }
        run.add("asked", 1);
        self.release(me);
        self.take(me);
        if self.last.load(SeqCst) == me {
            run.fact("broke", "forced");
            panic!("thread {me} let go on request and was the first to come back");
        }
        run.add("switched", 1);
    }
}

/// Whether somebody's timed wait began after the calling thread took the lock, and its time is up.
fn was_waited_for() -> bool {
    let holder = sync::me();
    sync::log(|log| {
        let steps = log.steps();
        let took = steps.iter().rposition(|step| step.thread == holder && step.operation == "has the GIL");
        let since = &steps[took.unwrap_or(0)..];
        let began = |step: &Step| step.operation == "wait" && step.thread != holder;
        since.iter().enumerate().filter(|(_, step)| began(step)).any(|(n, wait)| {
            let end = |step: &&Step| step.thread == wait.thread && step.operation.starts_with("wakes");
            since[n + 1..].iter().find(end).is_some_and(|step| step.operation == sync::TIME_IS_UP)
        })
    })
}

/// Three threads want in once each.
fn inside(run: &Run) {
    let explored = sync::explore(model("three threads, once each", 6), 1, move |_| {
        let all = Interpreter::new();
        let others = [2, 3].map(|me| {
            let all = Arc::clone(&all);
            thread::spawn(move || {
                all.take(me);
                all.turn(me);
                all.release(me);
            })
        });
        all.take(1);
        all.turn(1);
        all.release(1);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(all.place.visits(), 3);
    });
    run.fact("executions", explored.executions);
}

/// A thread that computes, and one that wants in; its waits time out or not, by every plan.
fn busy(run: &Run) {
    let recording = run.clone();
    let explored = sync::explore(model("a busy holder and one who asks", 8), 4, move |plan| {
        let all = Interpreter::new();
        all.take(1);
        let other = {
            let (all, recording) = (Arc::clone(&all), recording.clone());
            thread::spawn(move || {
                sync::plan(Plan { timeouts: plan, ..Plan::default() });
                all.take(2);
                all.turn(2);
                all.look(&recording, 2);
                all.release(2);
            })
        };
        for _ in 0..2 {
            all.turn(1);
            all.look(&recording, 1);
        }
        all.release(1);
        other.join().unwrap();
        assert_eq!(all.place.visits(), 3);
    });
    run.fact("executions", explored.executions);
}

/// A holder who lets go for good, one whose time is up meanwhile, and one who comes in between.
fn next(run: &Run) {
    let recording = run.clone();
    let explored = sync::explore(Model { preemptions: 3, ..model("whoever comes next", 8) }, 2, move |plan| {
        let all = Interpreter::new();
        all.take(1);
        let others = [(2, plan), (3, 0)].map(|(me, timeouts)| {
            let (all, recording) = (Arc::clone(&all), recording.clone());
            thread::spawn(move || {
                sync::plan(Plan { timeouts, ..Plan::default() });
                all.take(me);
                all.turn(me);
                all.look(&recording, me);
                all.release(me);
            })
        });
        all.turn(1);
        all.release(1);
        others.into_iter().for_each(|other| other.join().unwrap());
    });
    run.fact("executions", explored.executions);
}

/// Two real threads that compute, until the second has been in three times while the first was at work.
fn threads(run: &Run) {
    run.title(text!("계산하는 스레드 둘과 GIL 하나", "two threads that compute, and one GIL"));
    let came = sync::real(run, || {
        let gil = Arc::new(Gil::new(Duration::from_millis(2)));
        let came = Arc::new(AtomicUsize::new(0));
        let over = Arc::new(AtomicUsize::new(0));
        gil.take_gil(1);
        let other = {
            let (gil, came, over) = (Arc::clone(&gil), Arc::clone(&came), Arc::clone(&over));
            thread::spawn(move || {
                while over.load(SeqCst) == 0 {
                    gil.take_gil(2);
                    came.fetch_add(usize::from(over.load(SeqCst) == 0), SeqCst);
                    (0..20).for_each(|_| bytecode(&gil, 2));
                    gil.drop_gil(2);
                }
            })
        };
        // Turns are counted, not time: a busy machine takes them from both.
        let mut turns = 0;
        while came.load(SeqCst) < 3 && turns < 10_000 {
            bytecode(&gil, 1);
            turns += 1;
        }
        over.store(1, SeqCst);
        gil.drop_gil(1);
        other.join().unwrap();
        came.load(SeqCst)
    });
    run.fact("came", came);
}

/// Some work, and a look.
fn bytecode(gil: &Gil, me: usize) {
    let mut sum = 0u64;
    for n in 0..20_000u64 {
        sum = black_box(sum.wrapping_add(n));
    }
    if gil.asked() {
        gil.drop_gil(me);
        gil.take_gil(me);
    }
}
