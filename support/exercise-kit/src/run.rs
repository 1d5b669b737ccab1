//! Recording while a scenario runs. Everything is in one place and always complete, so that the watchdog can write it at any moment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lab::clock;
use lab::lang::Text;
use lab::trace::{self, Span, State, Trace};
use serde_json::Value;

use crate::recorded::{Blocked, Recorded, Step};

/// The recorder of one run. Cheap to clone into threads and tasks.
#[derive(Clone, Debug, Default)]
pub struct Run {
    so_far: Arc<Mutex<SoFar>>,
}

#[derive(Debug, Default)]
struct SoFar {
    scenario: String,
    nonce: String,
    title: Text,
    lanes: Vec<OpenLane>,
    facts: BTreeMap<String, Value>,
    waiting: BTreeMap<u64, Blocked>,
    waits: u64,
    stuck: Vec<Blocked>,
    interleaving: Vec<Step>,
}

#[derive(Debug)]
struct OpenLane {
    lane: trace::Lane,
    /// The state that the lane is in, and since when.
    since: Option<(State, u64)>,
}

impl OpenLane {
    fn close(&mut self, end: u64) {
        if let Some((state, start)) = self.since.take() {
            self.lane.spans.push(Span { state, start, end: end.max(start) });
        }
    }
}

impl Run {
    /// The recorder of this scenario; the document carries the nonce.
    pub fn new(scenario: &str, nonce: &str) -> Run {
        let so_far = SoFar { scenario: scenario.to_owned(), nonce: nonce.to_owned(), ..SoFar::default() };
        Run { so_far: Arc::new(Mutex::new(so_far)) }
    }

    fn so_far(&self) -> MutexGuard<'_, SoFar> {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The title over the lanes.
    pub fn title(&self, title: Text) {
        self.so_far().title = title;
    }

    /// Opens a lane. Lanes are drawn in the order in which they were opened.
    pub fn lane(&self, name: Text) -> Lane {
        let mut so_far = self.so_far();
        so_far.lanes.push(OpenLane { lane: trace::Lane { name, spans: Vec::new() }, since: None });
        Lane { run: self.clone(), number: so_far.lanes.len() - 1 }
    }

    /// Something that a promise asks for by name. The last value counts.
    pub fn fact(&self, name: &str, value: impl Into<Value>) {
        self.so_far().facts.insert(name.to_owned(), value.into());
    }

    /// Appends to a fact that is a list.
    pub fn push(&self, name: &str, value: impl Into<Value>) {
        let mut so_far = self.so_far();
        match so_far.facts.entry(name.to_owned()).or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(list) => list.push(value.into()),
            other => *other = Value::Array(vec![other.take(), value.into()]),
        }
    }

    /// Adds to a fact that is a number.
    pub fn add(&self, name: &str, more: u64) {
        let mut so_far = self.so_far();
        let value = so_far.facts.entry(name.to_owned()).or_insert_with(|| Value::from(0));
        *value = Value::from(value.as_u64().unwrap_or(0) + more);
    }

    /// A step of the interleaving.
    pub fn step(&self, thread: &str, what: Text) {
        self.so_far().interleaving.push(Step { thread: thread.to_owned(), what });
    }

    /// From now until the guard is dropped this thread or task waits. If the run hangs, that is told.
    pub fn waiting(&self, who: Text, waits_for: Text, held_by: Option<Text>) -> Waiting {
        let mut so_far = self.so_far();
        so_far.waits += 1;
        let number = so_far.waits;
        so_far.waiting.insert(number, Blocked { who, waits_for, held_by });
        Waiting { run: self.clone(), number }
    }

    /// A deadlock that a model found: told also though the scenario has come to its end.
    pub fn stuck(&self, blocked: Vec<Blocked>) {
        self.so_far().stuck = blocked;
    }

    /// Everything so far. Spans that are still open end now.
    pub fn recorded(&self, failed: Option<String>, finished: bool) -> Recorded {
        let so_far = self.so_far();
        let now = clock::now();
        let closed = |open: &OpenLane| {
            let mut lane = open.lane.clone();
            lane.spans.extend(open.since.map(|(state, start)| Span { state, start, end: now.max(start) }));
            lane
        };
        Recorded {
            scenario: so_far.scenario.clone(),
            nonce: so_far.nonce.clone(),
            trace: Trace::new(so_far.title.clone(), so_far.lanes.iter().map(closed).collect()),
            facts: so_far.facts.clone(),
            blocked: if finished { so_far.stuck.clone() } else { so_far.waiting.values().cloned().collect() },
            interleaving: so_far.interleaving.clone(),
            failed,
            finished,
        }
    }
}

/// Records one lane, which is in one state at a time. Dropping it ends the state that it is in.
#[derive(Debug)]
pub struct Lane {
    run: Run,
    number: usize,
}

impl Lane {
    /// From now on the lane is in this state.
    pub fn enter(&self, state: State) {
        let now = clock::now();
        self.change(|lane| {
            lane.close(now);
            lane.since = Some((state, now));
        });
    }

    /// From now on the lane is in no state.
    pub fn leave(&self) {
        let now = clock::now();
        self.change(|lane| lane.close(now));
    }

    /// What the lane did until now ended like this: failed, cancelled or killed.
    pub fn end_as(&self, mark: State) {
        let now = clock::now();
        self.change(|lane| {
            lane.close(now);
            lane.lane.spans.push(Span { state: mark, start: now, end: now });
        });
    }

    /// A stretch that is known only when it is over, in ns on [`clock::now`].
    pub fn span(&self, state: State, start: u64, end: u64) {
        self.change(|lane| {
            lane.close(start);
            lane.lane.spans.push(Span { state, start, end });
        });
    }

    /// Does `work` in the state, then leaves it.
    pub fn during<T>(&self, state: State, work: impl FnOnce() -> T) -> T {
        self.enter(state);
        let done = work();
        self.leave();
        done
    }

    fn change(&self, change: impl FnOnce(&mut OpenLane)) {
        change(&mut self.run.so_far().lanes[self.number]);
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.leave();
    }
}

/// A wait that ends when this is dropped.
#[derive(Debug)]
pub struct Waiting {
    run: Run,
    number: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.run.so_far().waiting.remove(&self.number);
    }
}
