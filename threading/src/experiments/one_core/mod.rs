//! The same threads on one core and on all: waiting overlaps on both, computing only where there are several cores.
//!
//! Article: 병렬성과 동시성의 차이, "멀티코어 필요" and "단일/멀티코어 모두 가능". Run: `cargo run -p threading -- one-core`. Python
//! twin: `python/one_core.py`.

pub mod report;

use std::thread;
use std::time::Duration;

use gil_sim::loops;
use lab::affinity::on_one_core;
use lab::cli::{Experiment, Options};
use lab::cores_used::Meter;
use lab::lang::Text;
use lab::machine::Watch;
use lab::python::{self, Interpreter};
use lab::report::{Front, Report};
use lab::trace::{LaneRecorder, Recorder, State, Trace};
use lab::{Error, Result, clock, machine, text, twin_script};

use report::{CLAIMS, Computed};

/// Iterations between two looks at the clock: some tens of µs.
const CHUNK: u64 = 20_000;
/// A chunk that took longer than this, in ns, waited for the core. Schedulers give it away for about a millisecond or more.
const INTERRUPTED: u64 = 300_000;
/// The loop of CPython takes so many times as long.
const PYTHON: u64 = 20;

/// What the threads do.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    pub threads: usize,
    /// How long each waits.
    pub pause: Duration,
    /// The turns of the loop that each computes.
    pub iterations: u64,
}

/// `cargo run -p threading -- one-core`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let threads = options.threads(2..=64, 3);
    let about = text!("한 스레드가 기다리는 시간(초)", "how long a thread waits, in seconds");
    let pause = options.seconds("seconds", 0.0..=60.0, 0.2, about);
    let about = text!("한 스레드가 계산하는 루프의 반복 횟수", "iterations of the loop in a thread");
    let iterations = options.count("iterations", 1..=1_000_000_000, 40_000_000, about);
    let rounds = options.rounds(3);
    let about = text!(
        "코어 하나와 모든 코어에서: 함께 기다리기, 함께 계산하기",
        "on one core and on all: waiting together, computing together"
    );
    Experiment::new("one-core", about, options, move |a| {
        let job = Job { threads: a.get(threads), pause: a.get(pause), iterations: a.get(iterations) };
        run(job, a.get(rounds), a.pythons())
    })
}

/// Starts the threads, each with a lane, and waits for all of them.
fn in_threads(lanes: Vec<LaneRecorder>, work: impl Fn(LaneRecorder) + Sync) -> Result<()> {
    let work = &work;
    thread::scope(|scope| {
        let started = lanes.into_iter().map(|lane| thread::Builder::new().spawn_scoped(scope, move || work(lane)));
        started.collect::<Result<Vec<_>, _>>().map(drop).map_err(|e| Error::no_thread(&e))
    })
}

/// The threads wait.
pub fn wait(job: Job, lanes: Vec<LaneRecorder>) -> Result<()> {
    in_threads(lanes, |mut lane| lane.during(State::WaitingForIo, || thread::sleep(job.pause)))
}

/// The threads compute.
pub fn compute(job: Job, lanes: Vec<LaneRecorder>) -> Result<()> {
    in_threads(lanes, |mut lane| count(job.iterations, &mut lane))
}

/// The same work, one after another in this thread.
fn compute_in_sequence(job: Job, lanes: Vec<LaneRecorder>) {
    lanes.into_iter().for_each(|mut lane| count(job.iterations, &mut lane));
}

/// The loop. Its lane is running while it has a core, and ready while it waits for one.
fn count(iterations: u64, lane: &mut LaneRecorder) {
    lane.enter(State::Running);
    let (mut left, mut start) = (iterations, clock::now());
    while left > 0 {
        let chunk = left.min(CHUNK);
        assert_eq!(loops::count(chunk), loops::sum(chunk), "the loop did not do all the work");
        left -= chunk;
        let end = clock::now();
        if end.saturating_sub(start) > INTERRUPTED {
            lane.enter_at(State::Ready, start);
            lane.enter_at(State::Running, end);
        }
        start = end;
    }
    lane.leave();
}

fn lanes(recorder: &Recorder, job: Job) -> Vec<LaneRecorder> {
    (0..job.threads).map(|i| recorder.lane(text!("스레드 {i}", "Thread {i}"))).collect()
}

/// A trace of the threads that wait.
pub fn waited(job: Job, title: Text) -> Result<Trace> {
    let recorder = Recorder::new();
    wait(job, lanes(&recorder, job))?;
    Ok(recorder.finish(title))
}

/// What the threads that compute did, against the sequence: both in turn, so many times.
pub fn computed(job: Job, rounds: usize, title: Text) -> Result<Computed> {
    let (mut sequence, mut threads, mut meter) = (Vec::new(), Vec::new(), Meter::default());
    let mut last = Trace::default();
    let watch = Watch::start();
    for _ in 0..rounds {
        let start = clock::now();
        compute_in_sequence(job, lanes(&Recorder::new(), job));
        sequence.push((clock::now() - start) as f64);
        let (recorder, start) = (Recorder::new(), clock::now());
        meter.during(|| compute(job, lanes(&recorder, job)))?;
        threads.push((clock::now() - start) as f64);
        last = recorder.finish(title.clone());
    }
    let mut used = meter.used();
    // The threads alone may be too short for the kernel's counters; with the sequences they are longer.
    used.foreign = used.foreign.or(watch.foreign());
    Ok(Computed { sequence, threads, used, trace: last })
}

/// Waits and computes on one core and on all, here and on CPython.
pub fn run(job: Job, rounds: usize, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("threading/one-core");
    let watch = Watch::start();
    let one_core = on_one_core(|| {
        let waited = waited(job, text!("Rust, 코어 하나, 기다림", "Rust, one core, waiting"))?;
        Ok::<_, Error>((waited, computed(job, rounds, text!("Rust, 코어 하나, 계산", "Rust, one core, computing"))?))
    });
    let all = computed(job, rounds, text!("Rust, 모든 코어, 계산", "Rust, all cores, computing"))?;
    let (waited, one, why_not) = match one_core {
        Ok(done) => done.map(|(waited, one)| (Some(waited), Some(one), Text::default()))?,
        Err(why) => (None, None, why),
    };
    report.verdicts.push(report::waits_on_one_core("Rust", waited.as_ref(), &why_not));
    let used = one.as_ref().map(|one| one.used.cores);
    report.verdicts.push(report::needs_cores("Rust", used.flatten(), all.used, &why_not));
    report.measures.extend(one.iter().flat_map(|one| one.measures("one")));
    report.measures.extend(all.measures("all"));
    // What is compared stands first: the same threads on one core and on all of them.
    let computed = one.map(|one| one.trace).into_iter().chain([all.trace]);
    report.traces = computed.chain(waited).collect();
    report.front = vec![Front::Trace(0), Front::Trace(1)];
    report.shows = report::shows(&report, job.threads);
    let args = [
        job.threads.to_string(),
        (job.iterations / PYTHON).max(1).to_string(),
        rounds.to_string(),
        job.pause.as_secs_f64().to_string(),
    ];
    python::join(&mut report, pythons, twin_script!("one_core"), &args, &CLAIMS, |python, twin| {
        report::on_twin(&python.to_string(), twin, watch.foreign())
    });
    report.tables.push(report::table(&report, pythons));
    report.notes.insert(0, report::note(job.threads, job.iterations, job.pause));
    report.notes.push(machine::others_used(watch.foreign()));
    Ok(report)
}
