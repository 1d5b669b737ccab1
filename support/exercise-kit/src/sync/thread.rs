//! `std::thread`, recorded.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lab::lang::Text;
use lab::trace::State;

use super::engine::{Engine, engine, yields};
use super::steps::{Change, Wait, i_am, line, me, new_thread, record, with};
use super::turns;
use crate::run::{Lane, Run, Waiting};

/// In turns a sleep is over after so many steps of others.
const NAP: usize = 20;

thread_local! {
    static LANE: RefCell<Option<Lane>> = const { RefCell::new(None) };
}
static RUN: Mutex<Option<Run>> = Mutex::new(None);

/// Where the lanes of std's threads go. The calling thread gets a lane of its own.
pub(super) fn record_lanes(run: Run) {
    *RUN.lock().unwrap_or_else(PoisonError::into_inner) = Some(run);
    open_lane(Text::same("main"));
}

/// Until this is dropped, the calling thread waits; if the run hangs, that is told.
pub(super) fn told(wait: Wait) -> Option<Waiting> {
    let run = RUN.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
    let me = me();
    let told = with(|log| log.describe(log.thread_name(me), wait));
    Some(run.waiting(told.who, told.waits_for, told.held_by))
}

/// The calling thread's lane ends.
pub(super) fn close_lane() {
    LANE.take();
}

fn open_lane(name: Text) {
    let run = RUN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(run) = run {
        let lane = run.lane(name);
        lane.enter(State::Running);
        LANE.set(Some(lane));
    }
}

/// Does `work` while the calling thread's lane is in this state. For drivers: what they do in the place of the world.
pub fn lane<R>(state: State, work: impl FnOnce() -> R) -> R {
    let enter = |state| {
        LANE.with_borrow(|lane| {
            if let Some(lane) = lane {
                lane.enter(state);
            }
        });
    };
    enter(state);
    let done = work();
    enter(State::Running);
    done
}

/// `std::thread::JoinHandle`.
pub struct JoinHandle<T> {
    thread: Handle<T>,
    number: usize,
}

enum Handle<T> {
    Std(std::thread::JoinHandle<T>),
    Loom(loom::thread::JoinHandle<T>),
    Turns(std::thread::JoinHandle<Result<T, Box<dyn Any + Send>>>),
}

impl<T> std::fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JoinHandle").field("thread", &self.number).finish_non_exhaustive()
    }
}

/// `std::thread::spawn`.
#[track_caller]
pub fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let line = line();
    let number = new_thread();
    if engine() == Engine::Turns {
        turns::step(me());
    }
    record("spawn", None, Change::Is(i64::try_from(number).unwrap_or(i64::MAX)), line);
    let thread = match engine() {
        Engine::Std => Handle::Std(std::thread::spawn(move || {
            i_am(number);
            open_lane(Text::same(with(|log| log.thread_name(number).to_owned()).as_str()));
            let done = work();
            record("end", None, Change::Nothing, None);
            done
        })),
        Engine::Loom => Handle::Loom(loom::thread::spawn(move || {
            i_am(number);
            let done = work();
            record("end", None, Change::Nothing, None);
            done
        })),
        Engine::Turns => {
            turns::add();
            Handle::Turns(std::thread::spawn(move || {
                i_am(number);
                turns::wait_for_turn(number);
                let done = catch_unwind(AssertUnwindSafe(work));
                record("end", None, Change::Nothing, None);
                turns::ended(number);
                done
            }))
        }
    };
    JoinHandle { thread, number }
}

impl<T> JoinHandle<T> {
    /// Waits for the end of the thread.
    #[track_caller]
    pub fn join(self) -> std::thread::Result<T> {
        let line = line();
        with(|log| log.waits(me(), Some(Wait::End(self.number))));
        let done = match self.thread {
            Handle::Std(thread) => {
                let _told = told(Wait::End(self.number));
                lane(State::Idle, || thread.join())
            }
            Handle::Loom(thread) => thread.join(),
            Handle::Turns(thread) => {
                turns::step(me());
                while !turns::has_ended(self.number) {
                    turns::block(me(), Wait::End(self.number));
                }
                thread.join().and_then(|done| done)
            }
        };
        with(|log| log.waits(me(), None));
        record("join", None, Change::Is(i64::try_from(self.number).unwrap_or(i64::MAX)), line);
        done
    }

    /// Whether the thread has come to its end.
    pub fn is_finished(&self) -> bool {
        match &self.thread {
            Handle::Std(thread) => thread.is_finished(),
            // Whoever asks does so in a loop; loom lets the others go on first.
            Handle::Loom(_) => {
                loom::thread::yield_now();
                with(|log| log.steps().iter().any(|step| step.thread == self.number && step.operation == "end"))
            }
            Handle::Turns(_) => {
                turns::step(me());
                turns::has_ended(self.number)
            }
        }
    }
}

/// `std::thread::yield_now`. loom then lets all others go on first, without which no thread that looks in vain would ever stop; a
/// model can do without ([`Model::yields`](super::Model)), where a yield would hide what it only makes rare.
#[track_caller]
pub fn yield_now() {
    let line = line();
    record("yield", None, Change::Nothing, line);
    match engine() {
        Engine::Std => std::thread::yield_now(),
        Engine::Loom if yields() => loom::thread::yield_now(),
        Engine::Loom => (),
        Engine::Turns => {
            turns::set_out();
            turns::step(me());
        }
    }
}

/// `std::thread::sleep`. With loom there is no time: a sleep may be over before anybody else has done anything.
#[track_caller]
pub fn sleep(time: Duration) {
    let line = line();
    record("sleep", None, Change::Nothing, line);
    match engine() {
        Engine::Std => lane(State::WaitingForIo, || std::thread::sleep(time)),
        Engine::Loom => (),
        Engine::Turns => turns::sleep(me(), NAP),
    }
}
