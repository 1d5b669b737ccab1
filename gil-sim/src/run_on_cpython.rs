//! Runs a scenario on a real interpreter, to compare the simulator's predictions with it. Python twin:
//! `python/run_on_cpython.py`.

use std::env;

use lab::cli::Choice;
use lab::lang::Text;
use lab::python::{self, Interpreter, LIMIT};
use lab::report::Report;
use lab::trace::{Lane, Trace};
use lab::{machine, text, twin_script};
use serde_json::{Value, json};

use crate::interpreters;
use crate::sampling::{self, Seen};
use crate::scenario::{FOREVER, Scenario};
use crate::sim::{Kind, Outcome, Setup, Speed, Step};

/// How messages reach the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A connected pair of stream sockets.
    Socketpair,
    /// Two UDP sockets on loopback.
    Udp,
}

impl Choice for Transport {
    const WORDS: &'static [(&'static str, Transport)] =
        &[("socketpair", Transport::Socketpair), ("udp", Transport::Udp)];
}

/// The figures of a scenario, measured or simulated: the same quantities, so that they can be compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScenarioFigures {
    /// Rounds a second, of all threads of each group together.
    pub rates: Vec<f64>,
    /// How long each round took, in ns, by group.
    pub latencies: Vec<Vec<f64>>,
    /// How long all of it lasted, in ns; None: threads were still running when it was cut off.
    pub wall: Option<f64>,
    /// How often a second the GIL changed hands, as far as computing threads can tell; None where others run too.
    pub switches: Option<f64>,
}

/// The scenario for an interpreter: the same threads under its own lock.
///
/// The error is the reason why it cannot run it.
pub fn setup_for(python: &Interpreter, scenario: &Scenario) -> Result<Setup, Text> {
    let kind = interpreters::lock_of(python)?;
    if scenario.cores.is_some_and(|cores| cores != machine::cores()) {
        let (asked, has) = (scenario.cores.unwrap_or_default(), machine::cores());
        return Err(text!(
            "시나리오에 적힌 코어는 {asked}개인데 이 컴퓨터의 코어는 {has}개입니다",
            "the scenario's cores: {asked}; this machine's cores: {has}"
        ));
    }
    if scenario.setup.groups.iter().any(|group| group.interpreter > 0) {
        return Err(text!(
            "인터프리터가 하나인 시나리오만 실행할 수 있습니다",
            "only scenarios with one interpreter can be run"
        ));
    }
    let interval = match (scenario.setup.kind, kind) {
        (Kind::Ticks, Kind::Ticks) => scenario.setup.interval,
        (_, Kind::Ticks) => 100,
        (Kind::Ticks, _) => 5_000_000,
        _ => scenario.setup.interval,
    };
    Ok(Setup { kind, interval, ..scenario.setup.clone() })
}

/// Runs it; `setup` is that of [`setup_for`].
pub fn play(python: &Interpreter, setup: &Setup, speed: &Speed, transport: Transport) -> Result<ScenarioFigures, Text> {
    let args = arguments(setup, speed, transport, 0)?;
    let report = python::run(python, twin_script!("run_on_cpython"), &args, LIMIT)?;
    Ok(figures(&report, setup))
}

/// Runs it, and has the threads say what they saw of its first `lanes` ns: looking at the clock costs them little, but something.
pub fn play_with_lanes(
    python: &Interpreter,
    setup: &Setup,
    speed: &Speed,
    transport: Transport,
    lanes: u64,
) -> Result<(ScenarioFigures, Option<Trace>), Text> {
    let args = arguments(setup, speed, transport, lanes)?;
    let mut report = python::run(python, twin_script!("run_on_cpython"), &args, LIMIT)?;
    let trace = report.traces.pop().map(|trace| {
        let named = trace.lanes.into_iter().zip(setup.thread_names());
        let lanes = named.map(|(lane, name)| Lane { name, ..lane }).collect();
        Trace { title: python::by(python, &trace.title), lanes, ..trace }
    });
    Ok((figures(&report, setup), trace))
}

fn figures(report: &Report, setup: &Setup) -> ScenarioFigures {
    let groups = setup.groups.len();
    let one = |name: &str, group: usize| report.measure(&format!("{name}.{group}"));
    let wall = report.measure("wall").map(|m| m.median());
    ScenarioFigures {
        rates: (0..groups).map(|g| one("rate", g).map_or(0.0, |m| m.median())).collect(),
        latencies: (0..groups).map(|g| one("latency", g).map_or_else(Vec::new, |m| m.samples.clone())).collect(),
        wall: wall.filter(|_| setup.groups.iter().all(|g| g.times.is_some())),
        switches: pauses(report).zip(wall).filter(|_| only_computes(setup)).map(|(n, ns)| n / ns * 1e9),
    }
}

/// Runs it under the interpreter's own profiler, which says whose turn it was.
pub fn watch(python: &Interpreter, setup: &Setup, speed: &Speed, transport: Transport) -> Result<Seen, Text> {
    let args = arguments(setup, speed, transport, 0)?;
    sampling::watch(python, twin_script!("run_on_cpython"), &args, |_| setup.thread_names())
}

fn arguments(setup: &Setup, speed: &Speed, transport: Transport, lanes: u64) -> Result<[String; 2], Text> {
    let own = env::current_exe()
        .map_err(|e| text!("실행 파일의 경로를 알 수 없습니다: {e}", "the path of this program is unknown: {e}"))?;
    Ok([own.to_string_lossy().into_owned(), plan(setup, speed, transport, lanes).to_string()])
}

fn pauses(report: &Report) -> Option<f64> {
    report.measure("pauses").map(|m| m.median())
}

/// Whether all threads only compute. Then every hand-over shows as a pause.
fn only_computes(setup: &Setup) -> bool {
    setup.groups.iter().flat_map(|g| &g.steps).all(|step| matches!(step, Step::Run(_)))
}

/// The same quantities of a simulated run.
pub fn of_outcome(outcome: &Outcome, setup: &Setup) -> ScenarioFigures {
    let members = |group: usize| outcome.threads.iter().filter(move |t| t.group == group);
    let seconds = |t: &crate::sim::ThreadOutcome| t.done.unwrap_or(outcome.lasted) as f64 / 1e9;
    let groups = setup.groups.len();
    ScenarioFigures {
        rates: (0..groups).map(|g| members(g).map(|t| t.rounds as f64 / seconds(t).max(1e-9)).sum()).collect(),
        latencies: (0..groups).map(|g| members(g).flat_map(|t| &t.latencies).map(|ns| *ns as f64).collect()).collect(),
        wall: outcome.threads.iter().all(|t| t.done.is_some()).then_some(outcome.lasted as f64),
        switches: only_computes(setup).then(|| outcome.switches as f64 / outcome.lasted.max(1) as f64 * 1e9),
    }
}

fn plan(setup: &Setup, speed: &Speed, transport: Transport, lanes: u64) -> Value {
    let seconds = |ns: u64| ns as f64 / 1e9;
    let step = |step: &Step| match *step {
        Step::Run(FOREVER) => json!(["run", -1]),
        Step::Run(ns) => json!(["run", (ns as f64 / speed.iteration).round().max(1.0) as u64]),
        Step::Wait(ns) => json!(["wait", seconds(ns)]),
        Step::Native(ns) => json!(["native", seconds(ns)]),
        Step::NativeHeld(ns) => json!(["native-held", seconds(ns)]),
        Step::Echo(ns) => json!(["echo", seconds(ns)]),
        Step::Lock(n) => json!(["lock", n]),
        Step::Unlock(n) => json!(["unlock", n]),
    };
    let groups = setup.groups.iter().map(|group| {
        json!({
            "count": group.count,
            "times": group.times,
            "steps": group.steps.iter().map(step).collect::<Vec<_>>(),
        })
    });
    let interval = match setup.kind {
        Kind::Ticks => json!(setup.interval),
        _ => json!(seconds(setup.interval)),
    };
    json!({
        "interval": interval,
        "seconds": seconds(setup.end),
        "transport": transport.word(),
        "lanes": seconds(lanes),
        "groups": groups.collect::<Vec<_>>(),
    })
}
