//! The simulator's prediction for the same jobs. It is given how long one job takes alone, how many cores there are and
//! which lock there is; what the threads make of each other is its own.

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

/// What one implementation measured in threads, and what the simulator predicts for it.
#[derive(Clone, Debug)]
pub struct Judged {
    pub on: Text,
    pub id: String,
    /// The lock; `None` where the simulator does not know it.
    pub kind: Option<Kind>,
    /// One job alone, in ns.
    pub alone: f64,
    /// All jobs in threads, in ns, as measured.
    pub measured: f64,
    /// The same as predicted.
    pub predicted: Option<f64>,
}

impl Judged {
    /// Runs the simulator; returns its trace too.
    pub fn ask(self, jobs: usize, machine: &Machine) -> (Judged, Option<Outcome>) {
        let outcome = self.kind.map(|kind| predict(kind, self.alone, jobs, machine));
        let predicted = outcome.as_ref().map(|o| o.lasted as f64);
        (Judged { predicted, ..self }, outcome)
    }
}

/// The machine of a file that `gil-sim calibrate --out` wrote; else this machine's cores with round numbers of the usual size.
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
/// So many threads, each of which computes as long as one job takes alone.
pub fn predict(kind: Kind, alone: f64, jobs: usize, machine: &Machine) -> Outcome {
    let name = text!("일", "Job");
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

/// The simulator's verdict: cores that were busy are the work over the time that it took.
pub fn verdict(judged: &Judged, jobs: usize) -> Option<Verdict> {
    let wall = judged.predicted?;
    let used = CoresUsed { cores: Some(judged.alone * jobs as f64 / wall), wall, foreign: Some(0.0) };
    let (ko, en) = (&judged.on.ko, &judged.on.en);
    let on = text!("시뮬레이터({ko})", "simulator ({en})");
    Some(match judged.kind? {
        Kind::Free => used.parallel("no-gil-threads-parallel", on),
        _ => used.serial("threads-cpu-no-gain", on),
    })
}

/// Measurement and prediction side by side.
pub fn table(all: &[Judged], jobs: usize) -> Table {
    let ns = |ns: f64| Text::same(unit::value(ns, Unit::Ns));
    let dash = || Text::same("–");
    let row = |j: &Judged| {
        let off = |p: f64| Text::same(format!("{:+.1} %", (p / j.measured - 1.0) * 100.0));
        let (predicted, off) = (j.predicted.map_or_else(dash, ns), j.predicted.map_or_else(dash, off));
        vec![j.on.clone(), ns(j.alone), ns(j.measured), predicted, off]
    };
    Table {
        title: text!("스레드 {jobs}개의 판정", "The judges of {jobs} threads"),
        head: vec![
            text!("누가", "judge"),
            text!("일 하나만", "one job alone"),
            text!("스레드, 측정", "threads, measured"),
            text!("시뮬레이터", "simulator"),
            text!("차이", "off by"),
        ],
        rows: all.iter().map(row).collect(),
    }
}

/// The predictions for programs.
pub fn measures(all: &[Judged]) -> Vec<Measure> {
    let of = |j: &Judged| {
        let (ko, en) = (&j.on.ko, &j.on.en);
        let name = text!("시뮬레이터가 말하는 {ko}", "simulator on {en}");
        Some(Measure::new(format!("predicted.{}", j.id), name, Unit::Ns, vec![j.predicted?]))
    };
    all.iter().filter_map(of).collect()
}

/// What the simulator was told.
pub fn note(file: Option<&Path>) -> Text {
    match file.map(Path::display) {
        Some(file) => text!(
            "시뮬레이터가 아는 것은 일 하나의 시간, {file}에 적힌 컴퓨터, 락의 종류뿐입니다.",
            "All that the simulator knows is how long a job takes, the machine in {file}, and the kind of lock."
        ),
        None => text!(
            "시뮬레이터가 아는 것은 일 하나의 시간, 코어 수, 락의 종류뿐이고 지연은 흔한 값입니다(--machine 파일로 바꿈). 다른 프로그램이 코어를 쓰면 재는 쪽만 늦어집니다.",
            "All that the simulator knows is how long a job takes, the cores and the kind of lock; its latencies are usual ones (--machine FILE changes that). Where others use the cores, only what is measured gets slower."
        ),
    }
}
