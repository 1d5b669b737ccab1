//! Native code that releases the lock or keeps it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use gil_sim::experiments::bytecode::handoffs;
use gil_sim::vm::code::{Native, Program};
use gil_sim::vm::heap::{Counting, Heap};
use gil_sim::vm::programs;
use gil_sim::vm::run::Interpreter;
use gil_sim::vm::version::Version;
use gil_sim::{Gil, Lock, ThreadId};
use lab::lang::Text;
use lab::trace::State;

use super::NEVER;

fn native(lets_go: bool, state: State, work: impl Fn(i64) -> i64 + Send + Sync + 'static) -> Native {
    Native { name: "native", lets_go, state, work: Arc::new(work) }
}

/// Counts how often its lock is let go.
struct Counted(Gil, AtomicU64);

impl Lock for Counted {
    fn take(&self, me: ThreadId) {
        self.0.take(me);
    }

    fn release(&self, me: ThreadId) {
        self.1.fetch_add(1, Relaxed);
        self.0.release(me);
    }

    fn leave(&self, me: ThreadId) {
        self.0.leave(me);
    }

    fn wanted(&self, me: ThreadId) -> bool {
        self.0.wanted(me)
    }

    fn switches(&self) -> u64 {
        self.0.switches()
    }
}

#[test]
fn native_code_lets_go_of_the_lock_or_keeps_it() {
    for (lets_go, releases) in [(true, 3), (false, 0)] {
        let asked = Arc::new(AtomicI64::new(0));
        let sum = Arc::clone(&asked);
        let program = programs::calls(native(lets_go, State::Native, move |n| sum.fetch_add(n, Relaxed)), 7);
        let (lock, heap) = (Counted(Gil::new(NEVER), AtomicU64::new(0)), Heap::of(&program, Counting::Plain));
        let interpreter = Interpreter { program: &program, heap: &heap, lock: &lock, version: Version::Py36 };
        interpreter.run(ThreadId(1), 3, &mut ());
        assert_eq!((lock.1.into_inner(), asked.load(Relaxed)), (releases, 21), "lets go: {lets_go}");
        assert_eq!(heap.miscounted(), 0);
    }
}

/// Both threads are in native code at once, or neither comes out.
fn meeting(lets_go: bool, state: State) -> [(Text, Program, i64); 2] {
    let both = Barrier::new(2);
    let meet = native(lets_go, state, move |_| {
        both.wait();
        0
    });
    [1, 2].map(|n| (Text::same(n.to_string()), programs::calls(meet.clone(), 0), 1))
}

#[test]
fn who_waits_lets_others_in() {
    let trace = handoffs::picture(Text::default(), &meeting(true, State::WaitingForIo), Version::Py313, NEVER).unwrap();
    assert_eq!(trace.peak_in_flight(&[State::WaitingForIo]), 2);
    assert!(trace.is_serial(State::Running));
    // The known-wrong twin: no lock, and code that says it runs.
    let free = handoffs::picture(Text::default(), &meeting(false, State::Running), Version::Free, NEVER).unwrap();
    assert!(!free.is_serial(State::Running));
}

#[test]
fn the_pictures_show_who_keeps_the_lock() {
    let traces = handoffs::all(Duration::from_micros(500)).unwrap();
    let [waits, lets_go, keeps] = &traces[..] else { panic!("{}", traces.len()) };
    let spans = |trace: &lab::trace::Trace, lane: usize, state| trace.waits(lane, state).count;
    assert!(traces.iter().all(|trace| trace.is_serial(State::Running)));
    assert_eq!([0, 1, 2].map(|lane| spans(waits, lane, State::WaitingForIo)), [3, 3, 0]);
    assert_eq!([0, 1].map(|lane| spans(lets_go, lane, State::Native)), [3, 3]);
    assert_eq!([0, 1].map(|lane| spans(keeps, lane, State::Native)), [0, 0]);
    assert!(waits.waits(0, State::WaitingForIo).total >= 60_000_000, "three sleeps of 20 ms");
}
