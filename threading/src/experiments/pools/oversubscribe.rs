//! More threads than cores: useful for jobs that wait, useless for jobs that compute.

use std::time::Duration;

use gil_sim::loops;
use lab::claims::Verdict;
use lab::lang::Text;
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::trace::Recorder;
use lab::trace::{State, Trace};
use lab::{Result, machine, text};

use super::techniques;
use crate::overlap;

const JOBS: usize = 64;
pub const WAIT: Duration = Duration::from_millis(10);

/// The times of `threads` threads for the jobs that wait and for those that compute.
#[derive(Clone, Debug)]
pub struct Point {
    pub threads: usize,
    /// Time for all jobs that wait, in ns.
    pub io: f64,
    /// Time for all jobs that compute, in ns.
    pub cpu: f64,
    /// How many jobs waited at the same time, at the peak; 0 if that was not counted.
    pub waited: usize,
}

/// Numbers of threads to try: one, one for each core, and many times as many.
pub fn counts() -> Vec<usize> {
    let cores = machine::cores();
    let mut counts = vec![1, cores, 4 * cores, JOBS.max(4 * cores)];
    counts.dedup();
    counts
}

/// Does the same jobs with each of these numbers of threads.
pub fn measure(iterations: u64) -> Result<Vec<Point>> {
    counts()
        .into_iter()
        .map(|threads| {
            let io = trace(threads, State::WaitingForIo, &|_| std::thread::sleep(WAIT))?;
            let cpu = trace(threads, State::Running, &|_| {
                loops::count(iterations);
            })?;
            Ok(Point {
                threads,
                io: io.duration() as f64,
                cpu: cpu.duration() as f64,
                waited: io.peak_in_flight(&[State::WaitingForIo]),
            })
        })
        .collect()
}

fn trace(threads: usize, state: State, work: techniques::Work<'_>) -> Result<Trace> {
    let recorder = Recorder::new();
    let lanes = (0..threads).map(|_| recorder.lane(Text::default())).collect();
    techniques::channel(JOBS, lanes, state, work)?;
    Ok(recorder.finish(Text::default()))
}

/// The measurements of a twin; `None` if one is missing.
pub fn of_twin(twin: &Report) -> Option<Vec<Point>> {
    let of = |id: String| twin.measure(&id).map(Measure::median);
    let point = |threads| {
        Some(Point { threads, io: of(format!("io.{threads}"))?, cpu: of(format!("cpu.{threads}"))?, waited: 0 })
    };
    counts().into_iter().map(point).collect()
}

/// The table; speed-ups are against one thread.
pub fn table(points: &[Point], on: &str) -> Table {
    let first = points.first();
    let cell = |ns: f64, one: Option<f64>| {
        let gain = one.map_or(f64::NAN, |one| one / ns);
        Text::same(format!("{} ({})", unit::value(ns, Unit::Ns), unit::value(gain, Unit::Times)))
    };
    let row = |point: &Point| {
        vec![
            Text::same(point.threads.to_string()),
            cell(point.io, first.map(|p| p.io)),
            cell(point.cpu, first.map(|p| p.cpu)),
        ]
    };
    let cores = machine::cores();
    Table {
        title: text!("{on}: 코어 {cores}개보다 많은 스레드", "{on}: more threads than the {cores} cores"),
        head: vec![
            text!("스레드", "threads"),
            text!("기다리는 작업 {JOBS}개", "{JOBS} jobs that wait"),
            text!("계산하는 작업 {JOBS}개", "{JOBS} jobs that compute"),
        ],
        rows: points.iter().map(row).collect(),
    }
}

pub fn measures(points: &[Point]) -> Vec<Measure> {
    let of = |point: &Point, id: &str, name: Text, ns: f64| {
        Measure::new(format!("{id}.{}", point.threads), name, Unit::Ns, vec![ns])
    };
    let both = |point: &Point| {
        let n = point.threads;
        [
            of(point, "io", text!("스레드 {n}개: 기다리는 작업", "jobs that wait, threads: {n}"), point.io),
            of(point, "cpu", text!("스레드 {n}개: 계산하는 작업", "jobs that compute, threads: {n}"), point.cpu),
        ]
    };
    points.iter().flat_map(both).collect()
}

/// Whether the largest number of threads waited at the same time.
pub fn verdict(points: &[Point]) -> Option<Verdict> {
    let last = points.last()?;
    Some(overlap::judge("Rust", last.threads, last.waited, 2))
}
