//! The simulator's prediction for the same jobs. It is given the time of a single job, the number of cores and the kind of lock; how
//! the threads delay each other is simulated.

use std::path::Path;

use gil_sim::SWITCH_INTERVAL;
use gil_sim::sim::{self, Group, Kind, Machine, Outcome, Setup, Speed, Step};
use lab::claims::Verdict;
use lab::cores_used::CoresUsed;
use lab::lang::Text;
use lab::report::unit;
use lab::report::{Measure, Table, Unit};
use lab::trace::Trace;
use lab::{Result, machine, text};

/// A run of the jobs in threads: measured, and predicted by the simulator.
#[derive(Clone, Debug)]
pub struct ThreadRun {
    pub on: Text,
    pub id: String,
    /// The kind of lock; `None` if the simulator does not know it.
    pub kind: Option<Kind>,
    /// Time of a single job, in ns.
    pub alone: f64,
    /// Time of all jobs in threads, in ns.
    pub measured: f64,
    /// The predicted time, in ns.
    pub predicted: Option<f64>,
}

impl ThreadRun {
    /// Adds the prediction. Also returns the simulated run.
    pub fn predict(self, jobs: usize, machine: &Machine) -> (ThreadRun, Option<Outcome>) {
        let outcome = self.kind.map(|kind| predict(kind, self.alone, jobs, machine));
        let predicted = outcome.as_ref().map(|o| o.lasted as f64);
        (ThreadRun { predicted, ..self }, outcome)
    }
}

/// The machine in a file of `gil-sim calibrate --out`; without one, this machine's cores with typical latencies.
pub fn machine(file: Option<&Path>) -> Result<Machine> {
    #[cfg(unix)]
    if file.is_some() {
        use gil_sim::calibrate::{self, Quiet};
        return calibrate::machine(file, &Quiet::ask());
    }
    let _ = file;
    Ok(Machine::typical(machine::cores()))
}

// ANCHOR: predict
/// Simulates `jobs` threads that each compute for the time of a single job.
pub fn predict(kind: Kind, alone: f64, jobs: usize, machine: &Machine) -> Outcome {
    let name = text!("작업", "Job");
    let steps = vec![Step::Run(alone as u64)];
    let setup = Setup {
        kind,
        interval: SWITCH_INTERVAL.as_nanos() as u64,
        groups: vec![Group { name, count: jobs, interpreter: 0, steps, times: Some(1) }],
        end: u64::MAX / 4,
        keep: u64::MAX,
        seed: 1,
    };
    sim::run(&setup, machine, &Speed::typical())
}
// ANCHOR_END: predict

/// The simulator's lanes under the GIL.
pub fn lanes(outcome: Outcome) -> Trace {
    let title = text!("시뮬레이터: 스레드, GIL 아래에서", "simulator: threads under the GIL");
    Trace { title, ..outcome.trace }
}

/// The simulator's verdict: busy cores are the work divided by the predicted time.
pub fn verdict(judged: &ThreadRun, jobs: usize) -> Option<Verdict> {
    let wall = judged.predicted?;
    let used = CoresUsed { cores: Some(judged.alone * jobs as f64 / wall), wall, foreign: Some(0.0) };
    let (ko, en) = (&judged.on.ko, &judged.on.en);
    let on = text!("시뮬레이터({ko})", "simulator ({en})");
    Some(match judged.kind? {
        Kind::Free => used.parallel("no-gil-threads-parallel", on),
        _ => used.serial("threads-cpu-no-gain", on),
    })
}

pub fn table(all: &[ThreadRun], jobs: usize) -> Table {
    let ns = |ns: f64| Text::same(unit::value(ns, Unit::Ns));
    let dash = || Text::same("–");
    let row = |j: &ThreadRun| {
        let off = |p: f64| Text::same(format!("{:+.1} %", (p / j.measured - 1.0) * 100.0));
        let (predicted, off) = (j.predicted.map_or_else(dash, ns), j.predicted.map_or_else(dash, off));
        vec![j.on.clone(), ns(j.alone), ns(j.measured), predicted, off]
    };
    Table {
        title: text!(
            "스레드 {jobs}개: 측정과 시뮬레이터의 예측",
            "Threads: {jobs}; measured, and predicted by the simulator"
        ),
        head: vec![
            text!("대상", "runs on"),
            text!("작업 하나만", "one job alone"),
            text!("스레드, 측정", "threads, measured"),
            text!("시뮬레이터", "simulator"),
            text!("차이", "off by"),
        ],
        rows: all.iter().map(row).collect(),
    }
}

pub fn measures(all: &[ThreadRun]) -> Vec<Measure> {
    let of = |j: &ThreadRun| {
        let (ko, en) = (&j.on.ko, &j.on.en);
        let name = text!("시뮬레이터의 예측: {ko}", "predicted by the simulator: {en}");
        Some(Measure::new(format!("predicted.{}", j.id), name, Unit::Ns, vec![j.predicted?]))
    };
    all.iter().filter_map(of).collect()
}

pub fn note(file: Option<&Path>) -> Text {
    match file.map(Path::display) {
        Some(file) => text!(
            "시뮬레이터의 입력은 작업 하나의 시간, {file}에 적힌 컴퓨터, 락의 종류뿐입니다.",
            "The simulator is given only the time of a single job, the machine in {file}, and the kind of lock."
        ),
        None => text!(
            "시뮬레이터의 입력은 작업 하나의 시간, 코어 수, 락의 종류뿐이고 지연 시간은 일반적인 값입니다(--machine FILE로 변경). 다른 프로그램이 코어를 쓰면 측정한 시간만 길어집니다.",
            "The simulator is given only the time of a single job, the number of cores and the kind of lock; its latencies are typical ones (--machine FILE changes that). If other programs use the cores, only the measured times get longer."
        ),
    }
}
