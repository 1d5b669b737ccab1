//! `real`: the same scenario on a real CPython, and the simulator beside it. The simulation uses this machine and this interpreter as they
//! were measured, once per run of the program.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError, TryLockError};

use gil_sim::calibrate::{self, Quiet};
use gil_sim::run_on_cpython::{self, ScenarioFigures, Transport, of_outcome, setup_for};
use gil_sim::sampling;
use gil_sim::scenario::{FOREVER, Scenario};
use gil_sim::sim::{Group, Machine, Setup, Speed, Step};
use lab::lang::Text;
use lab::python::Interpreter;
use lab::trace::Trace;
use lab::{machine, stats, text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::scenario;
use super::simulate::{at_most, drawn};
use crate::limits;
use crate::refused::Refused;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    scenario: Value,
    /// The number of the interpreter in `meta`.
    python: usize,
}

/// What was measured, and what the simulator says.
#[derive(Debug, Serialize)]
pub struct Compared {
    python: String,
    trace: Option<Trace>,
    why_no_trace: Option<Text>,
    groups: Vec<OfGroup>,
    switches: Option<Pair>,
    wall: Option<Pair>,
    simulated_trace: Trace,
    notes: Vec<Text>,
}

#[derive(Debug, Serialize)]
struct OfGroup {
    name: Text,
    /// Of threads that have rounds: one that computes for ever has none.
    rate: Option<Pair>,
    median: Option<Pair>,
}

/// A measured figure and a simulated one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Pair {
    real: f64,
    simulated: f64,
    /// How far the simulation is off, as a share of the real one.
    error: Option<f64>,
}

impl Pair {
    fn new(real: f64, simulated: f64) -> Pair {
        Pair { real, simulated, error: (real > 0.0).then(|| simulated / real - 1.0) }
    }

    fn of(real: Option<f64>, simulated: Option<f64>) -> Option<Pair> {
        Some(Pair::new(real?, simulated?))
    }
}

/// The interpreters, and what was measured of them.
pub struct Pythons {
    all: Vec<Interpreter>,
    /// One run at a time: two would disturb each other.
    running: Mutex<()>,
    machine: OnceLock<Machine>,
    speeds: Mutex<BTreeMap<usize, Speed>>,
}

impl Pythons {
    pub fn new(all: Vec<Interpreter>) -> Pythons {
        Pythons { all, running: Mutex::default(), machine: OnceLock::new(), speeds: Mutex::default() }
    }

    pub fn all(&self) -> &[Interpreter] {
        &self.all
    }

    pub fn answer(&self, question: Question) -> Result<Compared, Refused> {
        let given = scenario::read(&question.scenario)?;
        let python = self.all.get(question.python).ok_or_else(Refused::not_found)?;
        let (setup, notes) = asked(python, given.scenario)?;
        let _running = match self.running.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(guard)) => guard.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(Refused::busy()),
        };
        let machine = self.machine()?;
        let speed = self.speed(question.python, python, machine)?;
        run(python, &setup, machine, &speed, notes)
    }

    fn machine(&self) -> Result<&Machine, Refused> {
        if let Some(machine) = self.machine.get() {
            return Ok(machine);
        }
        let quiet = Quiet::ask();
        let machine = calibrate::quick(&quiet).map_err(|e| Refused::python(e.text().clone()))?;
        Ok(self.machine.get_or_init(|| machine))
    }

    fn speed(&self, number: usize, python: &Interpreter, machine: &Machine) -> Result<Speed, Refused> {
        let known = self.speeds.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned();
        if let Some(speed) = known {
            return Ok(speed);
        }
        let speed = calibrate::speed(python, machine).map_err(Refused::python)?;
        self.speeds.lock().unwrap_or_else(PoisonError::into_inner).insert(number, speed.clone());
        Ok(speed)
    }
}

/// What is run on an interpreter: on the cores that there are, and not longer than a reader waits.
fn asked(python: &Interpreter, mut scenario: Scenario) -> Result<(Setup, Vec<Text>), Refused> {
    let mut notes = Vec::new();
    let cores = machine::cores();
    if let Some(asked) = scenario.cores.take().filter(|asked| *asked != cores) {
        notes.push(text!(
            "시나리오의 코어는 {asked}개이지만 이 컴퓨터의 코어 {cores}개로 실행하고 시뮬레이션했습니다.",
            "The scenario has {asked} cores; it was run and simulated on the {cores} cores of this machine."
        ));
    }
    let most = limits::REAL_SECONDS;
    if scenario.setup.end > most * 1_000_000_000 {
        scenario.setup.end = most * 1_000_000_000;
        notes.push(text!("처음 {most}초만 실행했습니다.", "Only the first {most} seconds were run."));
    }
    let setup = setup_for(python, &scenario).map_err(Refused::python)?;
    if setup.kind != scenario.setup.kind {
        let version = &scenario.version;
        notes.push(text!(
            "시나리오의 락은 {version}의 것이지만 {python}의 락으로 실행하고 시뮬레이션했습니다.",
            "The scenario has the lock of {version}; it was run and simulated with the lock of {python}."
        ));
    }
    Ok((setup, notes))
}

fn run(
    python: &Interpreter,
    setup: &Setup,
    machine: &Machine,
    speed: &Speed,
    mut notes: Vec<Text>,
) -> Result<Compared, Refused> {
    let keep = drawn(setup, None);
    let transport = Transport::Socketpair;
    let (real, own) =
        run_on_cpython::play_with_lanes(python, setup, speed, transport, keep).map_err(Refused::python)?;
    let (mut trace, mut why_no_trace) = (own, None);
    // Who holds the GIL, where the interpreter itself says it: in a run of its own, because its profiler disturbs.
    if sampling::can_judge(python).is_ok() {
        match run_on_cpython::watch(python, setup, speed, transport) {
            Ok(seen) => {
                notes.push(text!(
                    "레인은 인터프리터의 샘플링 프로파일러가 본 것이고, 수치와 다른 실행입니다.",
                    "The lanes are those of the interpreter's sampling profiler, from another run than the figures."
                ));
                trace = Some(upto(seen.trace, keep));
            }
            Err(why) => why_no_trace = Some(why),
        }
    }
    let (outcome, cut_short) = at_most(&Setup { keep, ..setup.clone() }, machine, speed, limits::REAL_EVENTS);
    notes.extend(cut_short);
    let simulated = of_outcome(&outcome, setup);
    let title = text!("시뮬레이터: 이 컴퓨터, {python}", "the simulator: this machine, {python}");
    let simulated_trace = Trace { title, ..outcome.trace };
    let (groups, switches, wall) = compare(setup, &real, &simulated);
    // With lanes of its own there is a trace although the profiler could not look.
    let none = || text!("스레드가 레인을 보고하지 않았습니다", "its threads reported no lanes");
    let why_no_trace = trace.is_none().then(|| why_no_trace.unwrap_or_else(none));
    Ok(Compared { python: python.to_string(), trace, why_no_trace, groups, switches, wall, simulated_trace, notes })
}

fn compare(
    setup: &Setup,
    real: &ScenarioFigures,
    simulated: &ScenarioFigures,
) -> (Vec<OfGroup>, Option<Pair>, Option<Pair>) {
    let median = |figures: &ScenarioFigures, g: usize| stats::quantile(&figures.latencies[g], 0.5);
    let of = |(g, group): (usize, &Group)| OfGroup {
        name: group.name.clone(),
        rate: group
            .steps
            .iter()
            .all(|step| *step != Step::Run(FOREVER))
            .then(|| Pair::new(real.rates[g], simulated.rates[g])),
        median: Pair::of(median(real, g), median(simulated, g)),
    };
    let groups = setup.groups.iter().enumerate().map(of).collect();
    (groups, Pair::of(real.switches, simulated.switches), Pair::of(real.wall, simulated.wall))
}

/// The beginning of a trace, from its own start, which becomes 0.
fn upto(mut trace: Trace, end: u64) -> Trace {
    let zero = trace.start();
    for lane in &mut trace.lanes {
        lane.spans.retain(|span| span.start - zero < end);
        for span in &mut lane.spans {
            (span.start, span.end) = (span.start - zero, (span.end - zero).min(end));
        }
    }
    trace
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::trace::{Lane, State};

    #[test]
    fn an_error_is_a_share_of_the_real_figure() {
        assert_eq!(Pair::new(100.0, 90.0).error.map(|e| (e * 100.0).round()), Some(-10.0));
        assert_eq!(Pair::new(0.0, 90.0).error, None);
        assert_eq!(Pair::of(None, Some(1.0)), None);
    }

    #[test]
    fn a_trace_begins_at_its_own_beginning() {
        let lanes = vec![
            Lane::of(Text::same("a"), State::Running, 100, 250),
            Lane::of(Text::same("b"), State::Running, 300, 400),
        ];
        let trace = upto(Trace::new(Text::same("t"), lanes), 100);
        assert_eq!((trace.start(), trace.end()), (0, 100));
        assert!(trace.lanes[1].spans.is_empty());
    }
}
