//! The eval loop: a thread of the interpreter on a real thread, under a real lock.

use lab::trace::LaneRecorder;
use lab::trace::State;

use super::code::{Program, Value};
use super::heap::Heap;
use super::thread::{Step, Tally, Thread};
use super::version::Version;
use crate::{Held, Lock, ThreadId};

/// A program, what its threads share, their lock, and the version that says where they check the eval breaker.
#[derive(Clone, Copy)]
pub struct Interpreter<'a> {
    /// What is run.
    pub program: &'a Program,
    /// What all threads share.
    pub heap: &'a Heap,
    pub lock: &'a dyn Lock,
    /// Where a running thread looks whether it must let go of the lock.
    pub version: Version,
}

/// Is told when a thread changes its state. `()` ignores it, at no cost.
pub trait Watch {
    /// From now on the thread is in this state.
    fn enter(&mut self, state: State);
    /// The thread is done.
    fn leave(&mut self);
}

impl Watch for () {
    fn enter(&mut self, _: State) {}
    fn leave(&mut self) {}
}

impl Watch for LaneRecorder {
    fn enter(&mut self, state: State) {
        LaneRecorder::enter(self, state);
    }

    fn leave(&mut self) {
        LaneRecorder::leave(self);
    }
}

impl Interpreter<'_> {
    // ANCHOR: eval
    /// Runs the program's first function, called with `n`, to its end. The calling thread must not hold the lock.
    pub fn run(&self, me: ThreadId, n: i64, watch: &mut impl Watch) -> (Value, Tally) {
        let (mut thread, mut tally) = (Thread::new(self.program, n), Tally::default());
        watch.enter(State::WaitingForLock);
        let mut held = Held::take(self.lock, me);
        watch.enter(State::Running);
        loop {
            let step = match thread.step(self.program, self.heap, &mut tally) {
                Step::Native(native, argument) => {
                    let result = self.native(&mut held, native, argument, watch);
                    thread.native_done(result)
                }
                step => step,
            };
            match step {
                Step::At(_, place) if self.version.looks(place) && held.wanted() => {
                    watch.enter(State::WaitingForLock);
                    held.allow_threads(|| ());
                    watch.enter(State::Running);
                }
                Step::End(result) => {
                    watch.leave(); // while it still holds the lock
                    return (result, tally);
                }
                Step::At(..) | Step::Native(..) => {}
            }
        }
    }
    // ANCHOR_END: eval

    /// Calls native code, which keeps the lock or lets go of it meanwhile.
    fn native(&self, held: &mut Held<'_, dyn Lock + '_>, native: usize, argument: i64, watch: &mut impl Watch) -> i64 {
        let native = &self.program.natives[native];
        watch.enter(native.state);
        let result = if native.lets_go {
            held.allow_threads(|| {
                let result = (native.work)(argument);
                watch.enter(State::WaitingForLock);
                result
            })
        } else {
            (native.work)(argument)
        };
        watch.enter(State::Running);
        result
    }
}
