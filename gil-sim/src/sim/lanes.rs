//! What each simulated thread did when: the sums of a whole run, and the spans of its beginning for drawing.

use lab::lang::Text;
use lab::trace::{Clock, Lane, Span, State, Trace};

use super::setup::Setup;

#[derive(Clone, Debug)]
struct One {
    name: Text,
    state: Option<(State, u64)>,
    /// What it computes at as soon as it has a core again.
    without_core: Option<State>,
    totals: [u64; State::ALL.len()],
    spans: Vec<Span>,
}

/// The lanes of a run.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    all: Vec<One>,
    /// Spans are kept up to this moment, in ns; sums are kept to the end.
    until: u64,
}

impl Lanes {
    /// Lanes whose spans are kept up to a moment, in ns.
    pub fn until(until: u64) -> Lanes {
        Lanes { all: Vec::new(), until }
    }

    /// Lanes with the names of a setup's threads.
    pub fn of_setup(setup: &Setup, until: u64) -> Lanes {
        let mut lanes = Lanes::until(until);
        setup.thread_names().into_iter().for_each(|name| lanes.add(name));
        lanes
    }

    /// One more lane.
    pub fn add(&mut self, name: Text) {
        self.all.push(One { name, state: None, without_core: None, totals: [0; State::ALL.len()], spans: Vec::new() });
    }

    /// From `now` on the lane is in this state.
    pub fn enter(&mut self, lane: usize, state: State, now: u64) {
        if let Some(one) = self.all.get_mut(lane) {
            if one.state.is_some_and(|(old, _)| old == state) {
                return;
            }
            one.close(now, self.until);
            one.state = Some((state, now));
        }
    }

    /// The thread waits for a core. Only who computes is seen to: who waits for a lock or for I/O waits for that in the first place.
    pub fn loses_core(&mut self, lane: usize, now: u64) {
        let computes = self.all.get(lane).and_then(|one| one.state).map(|(state, _)| state);
        if let Some(state @ (State::Running | State::Native)) = computes {
            self.enter(lane, State::Ready, now);
            self.all[lane].without_core = Some(state);
        }
    }

    /// The thread is on a core.
    pub fn has_core(&mut self, lane: usize, now: u64) {
        if let Some(state) = self.all.get_mut(lane).and_then(|one| one.without_core.take()) {
            self.enter(lane, state, now);
        }
    }

    /// From `now` on the lane is in no state.
    pub fn leave(&mut self, lane: usize, now: u64) {
        if let Some(one) = self.all.get_mut(lane) {
            one.close(now, self.until);
        }
    }

    /// Time that a lane has spent in a state, in ns; what it is in now counts when it ends.
    pub fn total(&self, lane: usize, state: State) -> u64 {
        self.all[lane].totals[index(state)]
    }

    /// Closes all lanes at the end of a run.
    pub fn finish(&mut self, now: u64) {
        (0..self.all.len()).for_each(|lane| self.leave(lane, now));
    }

    /// What was kept, as a trace of virtual time.
    pub fn trace(&self, title: Text) -> Trace {
        let lanes = self.all.iter().map(|one| Lane { name: one.name.clone(), spans: one.spans.clone() });
        Trace { title, clock: Clock::Virtual, lanes: lanes.collect() }
    }
}

impl One {
    fn close(&mut self, now: u64, until: u64) {
        if let Some((state, start)) = self.state.take() {
            self.totals[index(state)] += now - start;
            if start < until && start < now {
                self.spans.push(Span { state, start, end: now.min(until) });
            }
        }
    }
}

fn index(state: State) -> usize {
    State::ALL.iter().position(|s| *s == state).expect("ALL holds every state")
}
