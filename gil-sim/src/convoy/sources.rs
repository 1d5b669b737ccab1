//! The sources of figures: real threads under the real lock, the simulator with this machine's latencies, and CPython.

use lab::report::unit;
use std::env;
use std::path::PathBuf;

use lab::lang::Text;
use lab::python::Interpreter;
use lab::trace::Trace;
use lab::{Error, Result, clock, text};

use super::calls::Call;
use super::workload::{Figures, Workload, ns};
use crate::calibrate::{self, Alone, Quiet};
use crate::run_on_cpython::{self, Transport};
use crate::sampling::{self, Seen};
use crate::sim::{Curve, Kind, Machine, Speed};

/// The sources, calibrated once per experiment. As long as this value lives, everything runs in the scheduling class in which the
/// machine was measured, since the simulator predicts that class.
#[derive(Debug)]
pub struct Sources {
    quiet: Quiet,
    machine: Machine,
    /// How long it took to measure it, in ns.
    took: u64,
    pythons: Vec<(Interpreter, Result<Alone, Text>)>,
}

/// The figures of one source.
#[derive(Clone, Debug)]
pub struct SourceFigures {
    pub judge: Text,
    pub id: String,
    pub seen: Figures,
}

impl Sources {
    /// Measures the machine, quickly, and the interpreters: some two seconds each.
    pub fn prepare(pythons: &[Interpreter]) -> Result<Sources> {
        let quiet = Quiet::ask();
        let start = clock::now();
        let machine = calibrate::quick(&quiet)?;
        let took = clock::now() - start;
        let pythons = pythons.iter().map(|python| (python.clone(), calibrate::alone(python, &machine))).collect();
        Ok(Sources { quiet, machine, took, pythons })
    }

    /// This program, whose `peer` answers.
    pub fn program() -> Result<PathBuf> {
        env::current_exe().map_err(|e| {
            Error::failed(text!("실행 파일의 경로를 알 수 없습니다: {e}", "the path of this program is unknown: {e}"))
        })
    }

    /// The simulator's figures for threads in Rust, and its lanes.
    pub fn simulate(&self, load: &Workload, rust: &Speed) -> (SourceFigures, Trace) {
        let (seen, trace) = load.simulate(Kind::Shared, &self.machine, rust);
        let judge = text!("시뮬레이터 (Rust)", "simulator (Rust)");
        (SourceFigures { judge, id: "simulator.rust".to_owned(), seen }, trace)
    }

    /// The figures of each interpreter and the simulator's prediction of them, or why there are none.
    pub fn cpython(&self, load: &Workload) -> (Vec<SourceFigures>, Vec<Text>) {
        let (mut all_figures, mut missing) = (Vec::new(), Vec::new());
        if self.pythons.is_empty() {
            missing.push(text!(
                "CPython: 측정하지 않음: 파이썬 없이 실행했습니다.",
                "CPython: not measured: no Python in this run."
            ));
        }
        for (python, alone) in &self.pythons {
            match alone.as_ref().map_err(Clone::clone).and_then(|alone| self.one(python, &alone.speed, load)) {
                Ok(both) => all_figures.extend(both),
                Err(Text { ko, en }) => {
                    missing.push(text!("{python}: 측정하지 않음: {ko}.", "{python}: not measured: {en}."))
                }
            }
        }
        (all_figures, missing)
    }

    /// What the interpreter that can say who holds its GIL says of this load, or why there is none.
    pub fn watch(&self, load: &Workload) -> Result<Seen, Text> {
        let given: Vec<Interpreter> = self.pythons.iter().map(|(python, _)| python.clone()).collect();
        let judge = sampling::judge(&given)?;
        let speed = match self.pythons.iter().find(|(python, _)| *python == judge) {
            Some((_, alone)) => alone.clone()?.speed,
            None => calibrate::speed(&judge, &self.machine)?,
        };
        let setup = run_on_cpython::setup_for(&judge, &load.scenario())?;
        run_on_cpython::watch(&judge, &setup, &speed, Transport::Socketpair)
    }

    fn one(&self, python: &Interpreter, speed: &Speed, load: &Workload) -> Result<[SourceFigures; 2], Text> {
        let setup = run_on_cpython::setup_for(python, &load.scenario())?;
        let seen = load.read(run_on_cpython::play(python, &setup, speed, Transport::Socketpair)?);
        let predicted = load.simulate(setup.kind, &self.machine, speed).0;
        let [major, minor, micro] = python.version;
        let id = python.id();
        let simulator = text!("시뮬레이터 ({major}.{minor}.{micro})", "simulator ({major}.{minor}.{micro})");
        Ok([
            SourceFigures { judge: Text::same(python.to_string()), id: id.clone(), seen },
            SourceFigures { judge: simulator, id: format!("simulator.{id}"), seen: predicted },
        ])
    }

    /// Which interpreters run with another C library than the simulator has.
    pub fn other_libcs(&self) -> Vec<Text> {
        let known = self.pythons.iter().filter_map(|(python, alone)| Some((python, alone.as_ref().ok()?)));
        known.filter_map(|(python, alone)| calibrate::other_libc(python, alone.libc.as_ref())).collect()
    }

    /// In which class it was measured, and how busy the machine was.
    pub fn note(&self) -> Text {
        let (Text { ko, en }, took) = (self.quiet.note(), unit::duration(self.took as f64));
        text!(
            "시뮬레이터의 입력은 실험 전에 {took} 동안 측정한 이 컴퓨터의 지연 시간뿐입니다(predict와 verify는 네 배 더 반복해 측정합니다). {ko}",
            "The simulator is given only this machine's latencies, measured for {took} before the experiment (predict and verify repeat each measurement four times as often). {en}"
        )
    }
}

/// What threads in Rust do between their calls, from a run of one that had nobody beside it: it sends and receives in turn.
pub fn rust_speed(load: &Workload, alone: &[Call]) -> Speed {
    let own = |first: usize| {
        let all: Vec<u64> = alone.iter().skip(first).step_by(2).map(|call| call.own).collect();
        // Without a call there is no time of the program's own to add.
        if all.is_empty() { Curve::constant(0) } else { Curve::of_samples([(ns(load.delay), all)]) }
    };
    Speed { before_send: own(0), before_receive: own(1), ..Speed::typical() }
}
