//! The fairest scheduler there is: threads of the system, of which one runs at a time; each does a stated number of steps, then the next.
//!
//! A program that does not end here though everybody goes on is a livelock.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::end;
use super::steps::{Wait, with};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ready,
    /// Started, and waits until the one that starts threads waits for them: so all set out together.
    New,
    Blocked(Wait),
    /// Asleep until so many steps were done by all.
    Asleep(usize),
    /// As `Blocked`, and wakes up by itself after so many steps.
    BlockedAtMost(Wait, usize),
    Ended,
}

#[derive(Debug, Default)]
struct Turns {
    threads: Vec<State>,
    /// Whose turn it is.
    turn: usize,
    /// Steps left of this turn.
    left: usize,
    quantum: usize,
    /// So many steps after the thread before it each one sets out.
    lag: usize,
    steps: usize,
    most: usize,
}

static TURNS: Mutex<Option<Turns>> = Mutex::new(None);
static MOVED: Condvar = Condvar::new();

fn turns() -> MutexGuard<'static, Option<Turns>> {
    TURNS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn of<'a>(turns: &'a mut MutexGuard<'static, Option<Turns>>) -> &'a mut Turns {
    turns.as_mut().expect("begin() was called")
}

impl Turns {
    fn set_out(&mut self) {
        let new = self.threads.iter_mut().filter(|state| **state == State::New);
        for (n, state) in new.enumerate() {
            *state = if n * self.lag == 0 { State::Ready } else { State::Asleep(self.steps + n * self.lag) };
        }
    }

    fn wake_sleepers(&mut self) {
        let now = self.steps;
        for state in &mut self.threads {
            match *state {
                State::Asleep(until) | State::BlockedAtMost(_, until) if until <= now => *state = State::Ready,
                _ => (),
            }
        }
    }

    /// Chooses who is next. `false`: nobody can go on.
    fn pass(&mut self) -> bool {
        self.wake_sleepers();
        if !self.threads.contains(&State::Ready) {
            let next = self.threads.iter().filter_map(|state| match state {
                State::Asleep(until) | State::BlockedAtMost(_, until) => Some(*until),
                _ => None,
            });
            let Some(soonest) = next.min() else { return false };
            self.steps = soonest;
            self.wake_sleepers();
        }
        let many = self.threads.len();
        let next = (1..=many).map(|n| (self.turn + n) % many).find(|&n| self.threads[n] == State::Ready);
        self.turn = next.expect("one of them is ready");
        self.left = self.quantum;
        true
    }
}

/// A new run, of which the calling thread is number 0.
pub(super) fn begin(quantum: usize, lag: usize, most: usize) {
    *turns() = Some(Turns { threads: vec![State::Ready], turn: 0, left: quantum, quantum, lag, steps: 0, most });
}

/// How many steps all threads did.
pub(super) fn steps() -> usize {
    turns().as_ref().map_or(0, |turns| turns.steps)
}

/// A new thread, which waits for its turn with [`wait_for_turn`].
pub(super) fn add() {
    of(&mut turns()).threads.push(State::New);
}

pub(super) fn wait_for_turn(me: usize) {
    let mut turns = turns();
    while of(&mut turns).turn != me {
        turns = MOVED.wait(turns).unwrap_or_else(PoisonError::into_inner);
    }
}

/// The threads that were started set out.
pub(super) fn set_out() {
    of(&mut turns()).set_out();
}

/// A point before an operation: the turn goes round.
pub(super) fn step(me: usize) {
    {
        let mut turns = turns();
        let state = of(&mut turns);
        state.steps += 1;
        if state.steps > state.most {
            let steps = state.most;
            drop(turns);
            end::livelock(steps);
        }
        state.left = state.left.saturating_sub(1);
        if state.left == 0 {
            state.pass();
            MOVED.notify_all();
        }
    }
    wait_for_turn(me);
}

/// The thread cannot go on until [`wake`] is called with what it waits for.
pub(super) fn block(me: usize, wait: Wait) {
    leave(me, State::Blocked(wait), Some(wait));
}

/// As [`block`], and goes on by itself after so many steps of others.
pub(super) fn block_at_most(me: usize, wait: Wait, steps: usize) {
    let until = self::steps() + steps;
    leave(me, State::BlockedAtMost(wait, until), Some(wait));
}

/// Goes on after so many steps of others, or when nobody else can.
pub(super) fn sleep(me: usize, steps: usize) {
    let until = self::steps() + steps;
    leave(me, State::Asleep(until), None);
}

fn leave(me: usize, state: State, wait: Option<Wait>) {
    with(|log| log.waits(me, wait));
    hand_over(me, state);
    wait_for_turn(me);
    with(|log| log.waits(me, None));
}

fn hand_over(me: usize, state: State) {
    let mut turns = turns();
    let all = of(&mut turns);
    all.set_out();
    all.threads[me] = state;
    if !all.pass() {
        let ended = all.threads.iter().all(|state| *state == State::Ended);
        drop(turns);
        if !ended {
            end::deadlock();
        }
        return;
    }
    MOVED.notify_all();
}

/// The thread has come to its end.
pub(super) fn ended(me: usize) {
    wake(Wait::End(me));
    hand_over(me, State::Ended);
}

/// Whether it has.
pub(super) fn has_ended(thread: usize) -> bool {
    of(&mut turns()).threads[thread] == State::Ended
}

/// Everybody who waits for this can try again.
pub(super) fn wake(what: Wait) {
    wake_if(|_, wait| wait == what);
}

/// One thread that waits for this can go on.
pub(super) fn wake_thread(thread: usize, what: Wait) {
    wake_if(|number, wait| number == thread && wait == what);
}

fn wake_if(which: impl Fn(usize, Wait) -> bool) {
    for (number, state) in of(&mut turns()).threads.iter_mut().enumerate() {
        match *state {
            State::Blocked(wait) | State::BlockedAtMost(wait, _) if which(number, wait) => *state = State::Ready,
            _ => (),
        }
    }
}
