//! The article's counting loop: in sequence, in threads, in threads under the GIL, on rayon and on crossbeam.
//!
//! Rust without a lock, Rust with one, and CPython are measured; the simulator predicts the time of each.
//!
//! Article: 멀티스레딩, "CPU 바운드 작업엔 병렬성 없음". Run: `cargo run -p threading -- cpu`. Python twin: `python/cpu.py`.

pub mod predicted;

use std::path::Path;
use std::thread;

use crossbeam::channel;
use gil_sim::sim::{Kind, Machine};
use gil_sim::{Gil, SWITCH_INTERVAL, ThreadId, interpreters, loops};
use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::cores_used::{CoresUsed, Meter, PARALLEL};
use lab::lang::Text;
use lab::machine::Watch;
use lab::python::{self, Interpreter};
use lab::report::{Front, Measure, Report, Unit};
use lab::trace::{LaneRecorder, Recorder};
use lab::{Result, clock, machine, text, twin_script};
use predicted::ThreadRun;
use rayon::prelude::*;

/// `cargo run -p threading -- cpu`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let jobs = options.size("jobs", 1..=64, 4, text!("작업 수", "number of jobs"));
    let about = text!("작업 하나의 반복 횟수", "iterations of the loop in a job");
    let iterations = options.count("iterations", 1..=1_000_000_000, 60_000_000, about);
    let rounds = options.rounds(3);
    let about = text!(
        "시뮬레이터가 모사할 컴퓨터 (gil-sim calibrate --out)",
        "the machine to simulate (from gil-sim calibrate --out)"
    );
    let machine = options.path("machine", about);
    let about = text!(
        "덧셈 루프: 순차 실행, 스레드, GIL 아래의 스레드",
        "the counting loop: in sequence, in threads, under the GIL"
    );
    Experiment::new("cpu", about, options, move |a| {
        let job = Job { jobs: a.get(jobs), iterations: a.get(iterations) };
        run(job, a.get(rounds), a.get(machine).as_deref(), &python::with_jython(a.pythons()))
    })
}

/// The work: `jobs` times the loop of `iterations`.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    pub jobs: usize,
    pub iterations: u64,
}

/// One after another, in this thread.
pub fn sequence(job: Job, lanes: Vec<LaneRecorder>) -> u64 {
    lanes.into_iter().map(|mut lane| loops::free(&mut lane, job.iterations)).fold(0, u64::wrapping_add)
}

// ANCHOR: threads
pub fn threads(job: Job, lanes: Vec<LaneRecorder>) -> u64 {
    thread::scope(|scope| {
        let work = |mut lane| move || loops::free(&mut lane, job.iterations);
        let running: Vec<_> = lanes.into_iter().map(|lane| scope.spawn(work(lane))).collect();
        running.into_iter().map(|t| t.join().expect("the loop does not panic")).fold(0, u64::wrapping_add)
    })
}
// ANCHOR_END: threads

// ANCHOR: gil
/// A thread for each job, and one global mutex for all of them.
pub fn threads_under_gil(job: Job, lanes: Vec<LaneRecorder>) -> u64 {
    let gil = &Gil::new(SWITCH_INTERVAL);
    thread::scope(|scope| {
        let work = |me, mut lane| move || loops::under(gil, ThreadId(me), &mut lane, job.iterations);
        let running: Vec<_> = (1..).zip(lanes).map(|(me, lane)| scope.spawn(work(me, lane))).collect();
        running.into_iter().map(|t| t.join().expect("the loop does not panic")).fold(0, u64::wrapping_add)
    })
}
// ANCHOR_END: gil

// ANCHOR: rayon
/// rayon: a thread for each core; idle threads steal jobs.
pub fn rayon(job: Job, lanes: Vec<LaneRecorder>) -> u64 {
    lanes.into_par_iter().map(|mut lane| loops::free(&mut lane, job.iterations)).reduce(|| 0, u64::wrapping_add)
}
// ANCHOR_END: rayon

/// crossbeam: a thread for each core; all take jobs from one channel.
pub fn crossbeam(job: Job, lanes: Vec<LaneRecorder>) -> u64 {
    let (queue, jobs) = channel::unbounded();
    lanes.into_iter().for_each(|lane| queue.send(lane).expect("this function keeps a receiver"));
    drop(queue); // the end of the jobs
    thread::scope(|scope| {
        let work = || jobs.iter().map(|mut lane| loops::free(&mut lane, job.iterations)).fold(0, u64::wrapping_add);
        let workers: Vec<_> = (0..machine::cores()).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|t| t.join().expect("the loop does not panic")).fold(0, u64::wrapping_add)
    })
}

/// Id, name and function.
type Technique = (&'static str, fn() -> Text, fn(Job, Vec<LaneRecorder>) -> u64);

const TECHNIQUES: [Technique; 5] = [
    ("sequence", || text!("순차 실행", "in sequence"), sequence),
    ("threads", || text!("스레드", "threads"), threads),
    ("threads-gil", || text!("스레드, GIL 아래에서", "threads under the GIL"), threads_under_gil),
    ("rayon", || text!("rayon, 작업 훔치기(work stealing) 풀", "rayon, a work-stealing pool"), rayon),
    ("crossbeam", || text!("crossbeam, 채널 하나와 워커", "crossbeam, workers on a channel"), crossbeam),
];

/// Does the same jobs by each technique, in turn, `rounds` times. `machine` is a file that describes one for the simulator.
pub fn run(job: Job, rounds: usize, machine: Option<&Path>, pythons: &[Interpreter]) -> Result<Report> {
    let simulated = predicted::machine(machine)?;
    let whole = Watch::start();
    let mut report = Report::new("threading/cpu");
    let (walls, alone) = rust(&mut report, job, rounds);
    for ((id, name, _), samples) in TECHNIQUES.iter().zip(&walls) {
        report.measures.push(Measure::new(format!("wall.{id}"), name(), Unit::Ns, samples.clone()));
    }
    let mut runs = in_rust(job, &walls, alone);
    let twins = (job.iterations / 20).max(1);
    let args = [job.jobs.to_string(), twins.to_string(), rounds.to_string()];
    let claims = ["threads-cpu-no-gain"];
    let watch = Watch::start();
    python::join(&mut report, pythons, twin_script!("cpu"), &args, &claims, |python, twin| {
        runs.extend(on_twin(python, twin, job));
        vec![on_python(python, twin, watch.foreign())]
    });
    python::name_part(&mut report, pythons, job.iterations, twins);
    add_predictions(&mut report, runs, job, &simulated);
    report.notes.extend([note(job), predicted::note(machine), machine::others_used(whole.foreign())]);

    let speed_up = |n: usize| median(&walls[0]) / median(&walls[n]);
    let (free, gil) = (speed_up(1), speed_up(2));
    // The first screen shows the same threads without and with the lock.
    report.front = vec![Front::Trace(1), Front::Trace(2)];
    report.shows = shows(free, gil, median(&walls[2]) > PARALLEL * median(&walls[1]));
    Ok(report)
}

/// Runs every technique in turn. Returns the wall times of each, and those of a single job under the lock.
fn rust(report: &mut Report, job: Job, rounds: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
    let (mut walls, mut alone) = (vec![Vec::new(); TECHNIQUES.len()], Vec::new());
    let (watch, mut meters) = (Watch::start(), [Meter::default(); TECHNIQUES.len()]);
    for round in 0..rounds {
        for (n, (id, name, work)) in TECHNIQUES.iter().enumerate() {
            let recorder = Recorder::new();
            let lanes = (0..job.jobs).map(|i| recorder.lane(text!("작업 {i}", "Job {i}"))).collect();
            let start = clock::now();
            let sum = meters[n].during(|| work(job, lanes));
            walls[n].push((clock::now() - start) as f64);
            assert_eq!(sum, loops::sum(job.iterations).wrapping_mul(job.jobs as u64), "{id} did not do all the work");
            if round + 1 == rounds {
                report.traces.push(recorder.finish(name()));
            }
        }
        // The loop under the lock checks it while it counts; the prediction starts from the time of this loop.
        let start = clock::now();
        threads_under_gil(Job { jobs: 1, ..job }, vec![Recorder::new().lane(Text::default())]);
        alone.push((clock::now() - start) as f64);
    }
    // A single technique may be too short for the kernel's counters; all together are long enough.
    let foreign = watch.foreign();
    for ((id, ..), meter) in TECHNIQUES.iter().zip(&meters) {
        let used = meter.used();
        report.verdicts.extend(verdict(id, CoresUsed { foreign: used.foreign.or(foreign), ..used }));
    }
    (walls, alone)
}

fn in_rust(job: Job, walls: &[Vec<f64>], alone: Vec<f64>) -> Vec<ThreadRun> {
    let run = |on: Text, id: &str, kind, alone, measured| {
        let (id, kind) = (id.to_owned(), Some(kind));
        ThreadRun { on, id, kind, alone, measured, predicted: None }
    };
    let free = median(&walls[0]) / job.jobs as f64;
    vec![
        run(Text::same("Rust"), "rust", Kind::Free, free, median(&walls[1])),
        run(Text::same("Rust + GIL"), "rust-gil", Kind::Shared, median(&alone), median(&walls[2])),
    ]
}

fn on_twin(python: &Interpreter, twin: &Report, job: Job) -> Option<ThreadRun> {
    Some(ThreadRun {
        on: Text::same(python.to_string()),
        id: python.id(),
        kind: interpreters::lock_of(python).ok(),
        alone: twin.measure("wall.sequence")?.median() / job.jobs as f64,
        measured: twin.measure("wall.threads")?.median(),
        predicted: None,
    })
}

fn add_predictions(report: &mut Report, runs: Vec<ThreadRun>, job: Job, machine: &Machine) {
    let predicted: Vec<_> = runs.into_iter().map(|run| run.predict(job.jobs, machine)).collect();
    let lanes = predicted.iter().find(|(run, _)| run.id == "rust-gil").and_then(|(_, outcome)| outcome.clone());
    report.traces.extend(lanes.map(predicted::lanes));
    let runs: Vec<ThreadRun> = predicted.into_iter().map(|(run, _)| run).collect();
    report.verdicts.extend(runs.iter().filter_map(|run| predicted::verdict(run, job.jobs)));
    report.measures.extend(predicted::measures(&runs));
    report.tables.push(predicted::table(&runs, job.jobs));
}

fn note(job: Job) -> Text {
    let (jobs, iterations, cores) = (job.jobs, job.iterations, machine::cores());
    text!(
        "작업 {jobs}개. 작업 하나는 글의 루프(count += i) {iterations}번이고, 파이썬에서는 그 20분의 1입니다. 코어 {cores}개.",
        "Jobs: {jobs}, each {iterations} iterations of the article's loop (count += i), in Python a twentieth of that. Cores: {cores}."
    )
}

/// The sentence. It draws a conclusion only if the lock made a difference; a busy machine can hide it.
fn shows(free: f64, gil: f64, differs: bool) -> Text {
    // Threads that are no faster than the sequence show nothing about the lock, however slow they are under it.
    if differs && free > PARALLEL {
        return text!(
            "순차 실행 대비 속도는 스레드 {free:.2}배, 같은 스레드에 GIL을 씌우면 {gil:.2}배입니다. 병렬성을 막는 것은 스레드가 아니라 락입니다.",
            "Compared with the sequence, threads run at {free:.2}× the speed, and the same threads under a GIL at {gil:.2}×. It is the lock that prevents parallelism, not the threads."
        );
    }
    text!(
        "순차 실행 대비 속도는 스레드 {free:.2}배, 같은 스레드에 GIL을 씌우면 {gil:.2}배입니다. 이번 실행에서는 차이가 나타나지 않았습니다.",
        "Compared with the sequence, threads run at {free:.2}× the speed, and the same threads under a GIL at {gil:.2}×. This run shows no difference."
    )
}

fn median(samples: &[f64]) -> f64 {
    lab::stats::median(samples).unwrap_or(f64::NAN)
}

fn verdict(technique: &str, cores: CoresUsed) -> Option<Verdict> {
    match technique {
        "threads" => Some(cores.parallel("no-gil-threads-parallel", "Rust")),
        "threads-gil" => Some(cores.serial("threads-cpu-no-gain", "Rust + GIL")),
        _ => None,
    }
}

/// The verdict on a Python, by the cores that its threads kept busy.
pub fn on_python(python: &Interpreter, twin: &Report, foreign: Option<f64>) -> Verdict {
    let median = |id| twin.measure(id).map(Measure::median);
    let wall = median("wall.threads").unwrap_or_default();
    let cores = CoresUsed { cores: median("cores.threads"), wall, foreign };
    let on = python.to_string();
    cores.threads(python.gil, on)
}
