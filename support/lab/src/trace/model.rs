//! States, spans, lanes and traces, and the queries on them.

use serde::{Deserialize, Serialize};

use crate::lang::Text;

/// What a lane is doing during a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Computing. Under a GIL: computing with the GIL held.
    Running,
    /// Waiting for a lock, such as the GIL.
    WaitingForLock,
    /// Waiting for the GIL, and has requested it from the holder.
    Requesting,
    /// Waiting for a timer, the network or a disk.
    WaitingForIo,
    /// In native code that does not need the GIL.
    Native,
    /// Could go on, and waits for its turn: a task for the event loop's thread, a thread for a core.
    Ready,
    /// Alive with nothing to do.
    Idle,
    /// What the lane did before came to nothing. This state and the next two are a moment, a span of no length.
    Failed,
    /// What the lane did before was given up.
    Cancelled,
    /// The lane's process was killed.
    Killed,
}

impl State {
    /// All states, in the order of the legend.
    pub const ALL: [State; 10] = [
        State::Running,
        State::WaitingForLock,
        State::Requesting,
        State::WaitingForIo,
        State::Native,
        State::Ready,
        State::Idle,
        State::Failed,
        State::Cancelled,
        State::Killed,
    ];

    /// Whether it is a moment that has a mark, and no stretch of time.
    pub fn is_mark(self) -> bool {
        matches!(self, State::Failed | State::Cancelled | State::Killed)
    }
}

/// A period in one state, half open (`start..end`), so that spans that only touch do not overlap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// What the lane did.
    pub state: State,
    /// From, in ns on the trace's clock.
    pub start: u64,
    /// To, in ns on the trace's clock.
    pub end: u64,
}

impl Span {
    fn len(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    fn common(&self, other: &Span) -> u64 {
        self.end.min(other.end).saturating_sub(self.start.max(other.start))
    }
}

/// A thread, a task, a process or a simulated thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lane {
    /// Its label in drawings.
    pub name: Text,
    /// In order of time; they do not overlap each other.
    pub spans: Vec<Span>,
}

impl Lane {
    /// A lane of one span.
    pub fn of(name: Text, state: State, start: u64, end: u64) -> Lane {
        let spans = vec![Span { state, start, end }];
        Lane { name, spans }
    }

    /// The same, and how it ended: with a mark at its end.
    #[must_use]
    pub fn ended(mut self, mark: State, at: u64) -> Lane {
        self.spans.push(Span { state: mark, start: at, end: at });
        self
    }

    /// Time spent in a state, in ns.
    pub fn time_in(&self, state: State) -> u64 {
        self.in_state(state).map(Span::len).sum()
    }

    fn in_state(&self, state: State) -> impl Iterator<Item = &Span> {
        self.spans.iter().filter(move |span| span.state == state)
    }
}

/// Which clock the spans are on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// The machine's, [`crate::clock::now`].
    #[default]
    Monotonic,
    /// A simulator's.
    Virtual,
}

/// What happened in one run of one program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// What ran: the title over the lanes.
    pub title: Text,
    /// The clock of all spans.
    #[serde(default)]
    pub clock: Clock,
    /// In the order in which they are drawn.
    pub lanes: Vec<Lane>,
}

/// How often and how long a lane waited, in ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    /// Number of waits.
    pub count: usize,
    /// All of them together.
    pub total: u64,
    /// The longest.
    pub longest: u64,
}

/// The queries that tests and verdicts use.
impl Trace {
    /// A trace of the machine's clock.
    pub fn new(title: Text, lanes: Vec<Lane>) -> Trace {
        Trace { title, clock: Clock::Monotonic, lanes }
    }

    /// The first start of any span, in ns; 0 without spans.
    pub fn start(&self) -> u64 {
        self.spans().map(|span| span.start).min().unwrap_or(0)
    }

    /// The last end of any span, in ns; 0 without spans.
    pub fn end(&self) -> u64 {
        self.spans().map(|span| span.end).max().unwrap_or(0)
    }

    /// From the first start to the last end (the makespan), in ns.
    pub fn duration(&self) -> u64 {
        self.end() - self.start()
    }

    /// The largest number of lanes that were in one of these states at the same moment.
    pub fn peak_in_flight(&self, states: &[State]) -> usize {
        let mut edges: Vec<(u64, i64)> = self
            .spans()
            .filter(|span| states.contains(&span.state) && span.len() > 0)
            .flat_map(|span| [(span.start, 1), (span.end, -1)])
            .collect();
        // At the same instant ends sort before starts: spans are half open.
        edges.sort_unstable();
        let mut now = 0;
        let mut peak = 0;
        for (_, step) in edges {
            now += step;
            peak = peak.max(now);
        }
        usize::try_from(peak).expect("every end follows its start")
    }

    /// For how long two lanes were in the state at the same time, in ns.
    pub fn overlap(&self, a: usize, b: usize, state: State) -> u64 {
        self.lanes[a].in_state(state).flat_map(|x| self.lanes[b].in_state(state).map(move |y| x.common(y))).sum()
    }

    /// Whether no two lanes were ever in the state at the same time: one after another.
    pub fn is_serial(&self, state: State) -> bool {
        self.peak_in_flight(&[state]) <= 1
    }

    /// The share of the whole run that a lane spent in the state, 0 to 1.
    pub fn share(&self, lane: usize, state: State) -> f64 {
        match self.duration() {
            0 => 0.0,
            all => self.lanes[lane].time_in(state) as f64 / all as f64,
        }
    }

    /// How many lanes were in the state on average over the whole run: 1 if serial without gaps, the number of cores if parallel.
    pub fn mean_in_flight(&self, state: State) -> f64 {
        (0..self.lanes.len()).map(|lane| self.share(lane, state)).sum()
    }

    /// How often and how long a lane was in a waiting state.
    pub fn waits(&self, lane: usize, state: State) -> Waits {
        self.lanes[lane].in_state(state).fold(Waits::default(), |w, span| Waits {
            count: w.count + 1,
            total: w.total + span.len(),
            longest: w.longest.max(span.len()),
        })
    }

    /// Who ran while this lane waited for a lock, and for how long: (lane, ns), the longest first.
    pub fn waited_for(&self, lane: usize) -> Vec<(usize, u64)> {
        let mut holders: Vec<(usize, u64)> = (0..self.lanes.len())
            .filter(|other| *other != lane)
            .map(|other| {
                let waits = self.lanes[lane].in_state(State::WaitingForLock);
                let time =
                    waits.flat_map(|wait| self.lanes[other].in_state(State::Running).map(|run| wait.common(run)));
                (other, time.sum())
            })
            .filter(|(_, ns)| *ns > 0)
            .collect();
        holders.sort_by_key(|&(_, ns)| std::cmp::Reverse(ns));
        holders
    }

    fn spans(&self) -> impl Iterator<Item = &Span> {
        self.lanes.iter().flat_map(|lane| &lane.spans)
    }
}
