//! Predictions compared with the real interpreters: the same scenario simulated and run, and the error of the prediction.
//!
//! The simulator knows the machine from micro-benchmarks without a GIL, and the interpreter from one thread alone. Nothing is
//! fitted to what is measured here. Repeated calibrations give a forecast interval (`forecast`); the interpreter's own profiler gives
//! the order of turns (`order`).
//!
//! Article: GIL(Global Interpreter Lock). Run: `cargo run --release -p gil-sim -- verify`. Python twin:
//! `python/run_on_cpython.py`.

mod cells;
mod forecast;
mod order;
mod report;
mod results;

use std::path::Path;

use lab::cli::{Choice, Experiment, Options};
use lab::lang::Text;
use lab::machine::{Watch, Watched};
use lab::python::Interpreter;
use lab::report::Report;
use lab::{Error, Result, text};

use crate::calibrate::{self, Alone, Quiet, core_to_core};
use crate::options;
use crate::run_on_cpython::{self, ScenarioFigures, Transport, of_outcome};
use crate::scenario::{self, Scenario};
use crate::sim::{self, Machine, Setup, Speed};

use cells::{Cell, Played};
use forecast::{Calibration, Forecast};
use results::{CellResult, InterpreterResult};

/// What is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breadth {
    /// CPU-bound threads, and the convoy at the default interval.
    Short,
    /// The convoy over all intervals and delays as well.
    Grid,
}

impl Choice for Breadth {
    const WORDS: &'static [(&'static str, Breadth)] = &[("short", Breadth::Short), ("grid", Breadth::Grid)];
}

/// `gil-sim verify FILE`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let file = options::scenario(&mut options, None);
    let breadth = options.choice(
        "breadth",
        Breadth::Short,
        text!("파일이 없을 때 비교할 대상", "what to compare without a file"),
    );
    options.conflict(file, breadth);
    let rounds = options.rounds(1);
    let calibrations = options.count(
        "calibrations",
        2..=50,
        3,
        text!("첫 측정 전에 컴퓨터를 보정하는 횟수", "how often the machine is calibrated before the first round"),
    );
    let about = text!("상대 프로세스와 통신하는 방법", "how to communicate with the peer process");
    let transport = options.choice("transport", Transport::Socketpair, about);
    options.for_twins(transport);
    Experiment::new(
        "verify",
        text!("예측과 실제 인터프리터의 비교", "predictions compared with the real interpreters"),
        options,
        move |a| {
            let plan = Plan {
                breadth: a.get(breadth),
                rounds: a.get(rounds),
                calibrations: a.get(calibrations),
                transport: a.get(transport),
            };
            run(a.get(file).as_deref(), plan, a.pythons())
        },
    )
}

/// How much is verified, and how.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Without a file.
    pub breadth: Breadth,
    pub rounds: usize,
    /// Until the first round begins. Each round of each interpreter has one more before it.
    pub calibrations: u64,
    pub transport: Transport,
}

/// Verifies one scenario, or those that come with the program, on every interpreter.
pub fn run(file: Option<&Path>, plan: Plan, pythons: &[Interpreter]) -> Result<Report> {
    let given = file.map(|file| scenario::read(&scenario::file_of(file))).transpose()?;
    let quiet = Quiet::ask();
    let mut all: Vec<InterpreterResult> =
        pythons.iter().map(|python| prepare(python, given.as_ref(), plan.breadth)).collect::<Result<_>>()?;
    for _ in 1..plan.calibrations {
        let machine = calibrate::machine(None, &quiet)?;
        all.iter_mut().filter(|v| v.why_not.is_none()).for_each(|v| calibrated(v, &machine));
    }
    for _ in 0..plan.rounds {
        for n in 0..all.len() {
            if all[n].why_not.is_some() {
                continue;
            }
            // A machine's speed changes within minutes, so it is measured again before each interpreter; the others learn of it too.
            let machine = calibrate::machine(None, &quiet)?;
            calibrated(&mut all[n], &machine);
            for (_, other) in all.iter_mut().enumerate().filter(|(other, _)| *other != n) {
                let speed = other.calibrations.last().map(|last| last.speed.clone());
                other.calibrations.extend(speed.map(|speed| Calibration { machine: machine.clone(), speed }));
            }
            let watch = Watch::start();
            round(&mut all[n], plan.transport);
            all[n].others.add(watch);
        }
    }
    for verified in all.iter_mut().filter(|v| v.why_not.is_none()) {
        for (cell, found) in &mut verified.cells {
            found.forecast = Forecast::of(cell, &verified.calibrations, &found.rounds);
        }
        let cells: Vec<Cell> = verified.cells.iter().map(|(cell, _)| cell.clone()).collect();
        verified.order = order::compare(&verified.python, &cells, &verified.calibrations, plan.transport);
    }
    let mut report = Report::new("gil-sim/verify");
    report::fill(&mut report, &all);
    report.notes.push(quiet.note());
    if pythons.is_empty() {
        report.notes.push(text!("측정하지 않음: 파이썬이 없습니다.", "not measured: there is no Python."));
    }
    Ok(report)
}

fn prepare(python: &Interpreter, given: Option<&Scenario>, breadth: Breadth) -> Result<InterpreterResult> {
    let cells = match given {
        Some(scenario) => cells::of_scenario(python, scenario),
        None => cells::shipped(python, breadth == Breadth::Grid),
    };
    let python = python.clone();
    Ok(match cells {
        Ok(cells) if cells.is_empty() => {
            return Err(Error::usage(text!(
                "이 시나리오에는 비교할 것이 없습니다: 'run forever'가 아닌 스레드를 하나 이상 넣으십시오.",
                "there is nothing to compare in this scenario: give it a thread that does more than 'run forever'."
            )));
        }
        Ok(cells) => InterpreterResult {
            cells: cells.into_iter().map(|cell| (cell, CellResult::default())).collect(),
            ..nothing_yet(python)
        },
        Err(why) => InterpreterResult { why_not: Some(why), ..nothing_yet(python) },
    })
}

fn nothing_yet(python: Interpreter) -> InterpreterResult {
    InterpreterResult {
        python,
        libc: None,
        cells: Vec::new(),
        calibrations: Vec::new(),
        others: Watched::default(),
        order: Err(order::not_yet()),
        why_not: None,
    }
}

/// One more calibration of the interpreter on a machine that was measured just before.
fn calibrated(verified: &mut InterpreterResult, machine: &Machine) {
    match calibrate::alone(&verified.python, machine) {
        Ok(Alone { speed, libc }) => {
            verified.libc = libc;
            verified.calibrations.push(Calibration { machine: machine.clone(), speed });
        }
        Err(why) => verified.why_not = Some(why),
    }
}

/// Predicts and measures every cell once, with the last calibration that was made at the same distance of two cores.
fn round(verified: &mut InterpreterResult, transport: Transport) {
    for (cell, found) in &mut verified.cells {
        let before = core_to_core();
        let Some(Calibration { machine, speed }) = forecast::latest(&verified.calibrations, before) else { return };
        match cell.played(|setup| run_on_cpython::play(&verified.python, setup, speed, transport)) {
            Ok(played) => found.add_measured(&played, [before, core_to_core()]),
            Err(why) => return verified.why_not = Some(why),
        }
        let simulated: Result<Played, Text> = cell.played(|setup| Ok(simulate(setup, machine, speed)));
        found.add_predicted(&simulated.unwrap_or_default());
    }
}

/// Virtual time is cheap: long enough for some hundreds of rounds.
fn simulate(setup: &Setup, machine: &Machine, speed: &Speed) -> ScenarioFigures {
    let finite = setup.groups.iter().any(|group| group.times.is_some());
    let end = if finite { setup.end } else { setup.end.max(500 * cells::interval_ns(setup)) };
    let setup = Setup { end, ..setup.clone() };
    of_outcome(&sim::run(&setup, machine, speed), &setup)
}
