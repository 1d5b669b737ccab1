//! The workload: one I/O thread, CPU-bound threads beside it, and the figures of a run.

use std::time::Duration;

use lab::stats;
use lab::text;
use lab::trace::{Lane, Trace};

use super::calls;
use crate::run_on_cpython::{ScenarioFigures, of_outcome};
use crate::scenario::Scenario;
use crate::sim::{self, Group, Kind, Machine, Setup, Speed, Step};

/// A CPU-bound thread works in pieces of so many ns, which are counted.
const PIECE: u64 = 100_000;

/// The threads, and how long they run.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    pub cpu: usize,
    /// Whether there is an I/O thread.
    pub io: bool,
    /// How long the peer takes until it answers.
    pub delay: Duration,
    /// The switch interval.
    pub interval: Duration,
    /// For how long.
    pub lasting: Duration,
}

/// The figures of a run. `None` and empty lists are what this source cannot tell.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Round trips a second.
    pub trips: f64,
    /// How long each took, in ns.
    pub latencies: Vec<f64>,
    /// How long each `send` took until the thread had the GIL back, in ns; none where only whole round trips were timed.
    pub sends: Vec<f64>,
    /// Pieces of work a second, of all CPU-bound threads together, in a unit of the source's own.
    pub work: f64,
    /// How often a second the GIL changed hands.
    pub switches: Option<f64>,
}

impl Workload {
    /// The same as a setup, for the simulator and for an interpreter.
    pub fn setup(&self) -> Setup {
        let group = |name, count, step| Group { name, count, interpreter: 0, steps: vec![step], times: None };
        let cpu = group(text!("CPU", "CPU"), self.cpu, Step::Run(PIECE));
        let io = group(text!("I/O", "I/O"), usize::from(self.io), Step::Echo(ns(self.delay)));
        Setup {
            kind: Kind::Shared,
            interval: ns(self.interval),
            groups: [cpu, io].into_iter().filter(|group| group.count > 0).collect(),
            end: ns(self.lasting),
            keep: u64::MAX,
            seed: 1,
        }
    }

    /// The same as a scenario, which says nothing of a version: each interpreter has its own.
    pub fn scenario(&self) -> Scenario {
        Scenario {
            title: text!("호위 효과", "the convoy effect"),
            version: "3.12".to_owned(),
            cores: None,
            setup: self.setup(),
        }
    }

    /// What the figures of a run of [`Workload::setup`] say.
    pub fn read(&self, played: ScenarioFigures) -> Figures {
        let (mut rates, mut latencies) = (played.rates.into_iter(), played.latencies.into_iter());
        let work = if self.cpu > 0 { (rates.next(), latencies.next()).0 } else { None };
        Figures {
            trips: if self.io { rates.next().unwrap_or(0.0) } else { 0.0 },
            latencies: if self.io { latencies.next().unwrap_or_default() } else { Vec::new() },
            work: work.unwrap_or(0.0),
            switches: played.switches,
            sends: Vec::new(),
        }
    }

    /// What the simulator says, and its lanes.
    pub fn simulate(&self, kind: Kind, machine: &Machine, speed: &Speed) -> (Figures, Trace) {
        let setup = Setup { kind, ..self.setup() };
        let outcome = sim::run(&setup, machine, speed);
        let seen = self.read(of_outcome(&outcome, &setup));
        let switches = outcome.switches as f64 / outcome.lasted.max(1) as f64 * 1e9;
        let sends = outcome.trace.lanes.last().filter(|_| self.io).map_or_else(Vec::new, calls::sends);
        (Figures { sends, switches: Some(switches), ..seen }, outcome.trace)
    }
}

impl Figures {
    /// A quantile of the round trips, in ns.
    pub fn trip(&self, part: f64) -> Option<f64> {
        stats::quantile(&self.latencies, part)
    }

    /// Which part of the `send`s took a whole interval or longer.
    pub fn slow_sends(&self, interval: Duration) -> Option<f64> {
        let slow = self.sends.iter().filter(|took| **took >= ns(interval) as f64).count();
        (!self.sends.is_empty()).then(|| slow as f64 / self.sends.len() as f64)
    }

    /// What a `send` took on average, in ns.
    pub fn mean_send(&self) -> Option<f64> {
        (!self.sends.is_empty()).then(|| self.sends.iter().sum::<f64>() / self.sends.len() as f64)
    }
}

/// In whole ns.
pub fn ns(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The part of a trace that begins `skip` ns after its start and is `long` ns long; of a trace that is too short, its end.
pub fn window(trace: &Trace, skip: u64, long: u64) -> Trace {
    let from = trace.start() + skip.min(trace.duration().saturating_sub(long));
    let until = from + long;
    let cut = |lane: &Lane| {
        let spans = lane.spans.iter().filter(|span| span.end > from && span.start < until).cloned();
        let spans = spans.map(|mut span| {
            (span.start, span.end) = (span.start.max(from), span.end.min(until));
            span
        });
        Lane { name: lane.name.clone(), spans: spans.collect() }
    };
    Trace { title: trace.title.clone(), clock: trace.clock, lanes: trace.lanes.iter().map(cut).collect() }
}
