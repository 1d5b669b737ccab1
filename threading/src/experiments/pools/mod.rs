//! The same uneven jobs, shared out by four techniques: the lanes show stragglers, and who helps them. Then more threads than cores.
//!
//! Article: 멀티스레딩. Run: `cargo run -p threading -- pools`. Python twin: `python/pools.py`.

pub mod oversubscribe;
pub mod techniques;

use std::thread;
use std::time::Duration;

use gil_sim::loops;
use lab::claims::Verdict;
use lab::cli::{Choice, Experiment, Options};
use lab::cores_used::CoresUsed;
use lab::lang::Text;
use lab::machine::Watch;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::trace::Recorder;
use lab::trace::{State, Trace};
use lab::{Result, stats, text, twin_script};

use crate::overlap;
use techniques::{JobsDone, TECHNIQUES, Technique, part};

/// A long job is so many times as long as a short one.
pub const LONG: u64 = 8;
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    Cpu,
    Io,
}

impl Choice for Work {
    const WORDS: &'static [(&'static str, Work)] = &[("cpu", Work::Cpu), ("io", Work::Io)];
}

/// `cargo run -p threading -- pools`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("작업 수, 앞의 4분의 1은 긴 작업", "number of jobs; the first quarter are long");
    let jobs = options.size("jobs", 1..=10_000, 16, about);
    let workers = options.size("workers", 1..=64, 2, text!("워커 수", "workers"));
    let work = options.choice(
        "work",
        Work::Cpu,
        text!("계산하는 작업, 기다리는 작업", "jobs that compute, or jobs that wait"),
    );
    let about = text!("짧은 작업 하나의 반복 횟수", "iterations of the loop in a short job");
    let iterations = options.count("iterations", 1..=1_000_000_000, 10_000_000, about);
    let rounds = options.rounds(3);
    let about = text!("길이가 다른 작업을 나누는 네 가지 방식", "jobs of unequal length, divided in four ways");
    Experiment::new("pools", about, options, move |a| {
        let workload =
            Workload { jobs: a.get(jobs), workers: a.get(workers), iterations: a.get(iterations), work: a.get(work) };
        run(&workload, a.get(rounds), a.pythons())
    })
}

/// How long a short job waits, if jobs wait.
const WAIT: Duration = Duration::from_millis(4);
/// One iteration in CPython takes about as long as so many here.
const PYTHON_ITERATIONS: u64 = 60;

#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Number of jobs; those of the first quarter are long.
    pub jobs: usize,
    pub workers: usize,
    /// Iterations of the loop in a short job, if jobs compute.
    pub iterations: u64,
    pub work: Work,
}

impl Workload {
    /// The length of a job, in short jobs.
    pub fn size(&self, job: usize) -> u64 {
        if job < self.jobs.div_ceil(4) { LONG } else { 1 }
    }

    fn waits(&self) -> bool {
        self.work == Work::Io
    }

    fn state(&self) -> State {
        if self.waits() { State::WaitingForIo } else { State::Running }
    }

    fn work(&self, job: usize) {
        let size = self.size(job);
        if self.waits() {
            thread::sleep(WAIT * u32::try_from(size).unwrap_or(u32::MAX));
        } else {
            loops::count(self.iterations * size);
        }
    }
}

/// Index of rayon in [`TECHNIQUES`].
const RAYON: usize = 3;

/// The last run of a technique.
struct TechniqueRun {
    trace: Trace,
    done: Vec<JobsDone>,
    cores: CoresUsed,
}

/// Runs each technique in turn, `rounds` times; then tries more threads than cores.
pub fn run(workload: &Workload, rounds: usize, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("threading/pools");
    let mut walls = vec![Vec::new(); TECHNIQUES.len()];
    let mut last = Vec::new();
    for _ in 0..rounds {
        last = TECHNIQUES.iter().map(|technique| share(workload, technique)).collect::<Result<Vec<TechniqueRun>>>()?;
        walls.iter_mut().zip(&last).for_each(|(wall, run)| wall.push(run.trace.duration() as f64));
    }
    let mut rows = Vec::new();
    for (((id, name, _), samples), run) in TECHNIQUES.iter().zip(&walls).zip(&last) {
        let measure = Measure::new(format!("wall.{id}"), name(), Unit::Ns, samples.clone());
        // A channel has no parts, and rayon does not tell how it divided the jobs.
        let own = ["parts", "stealing"].contains(id);
        rows.push(row(workload, &measure, &run.trace, own.then(|| moved(&run.done, workload.jobs))));
        report.measures.push(measure);
    }
    if !workload.waits() && workload.workers > 1 {
        report.verdicts.push(last[RAYON].cores.parallel("no-gil-threads-parallel", "Rust, rayon"));
    }
    report.traces = last.into_iter().map(|run| run.trace).collect();
    let points = oversubscribe::measure(workload.iterations)?;
    report.verdicts.extend(oversubscribe::verdict(&points));
    report.measures.extend(oversubscribe::measures(&points));
    let mut crowds = vec![oversubscribe::table(&points, "Rust")];
    on_pythons(&mut report, workload, rounds, pythons, &mut rows, &mut crowds);
    report.tables = [vec![who_did_what(rows)], crowds].concat();
    report.measures_in_tables = true;
    report.notes.insert(0, note(workload));
    report.shows = shows(&walls, &points);
    Ok(report)
}

fn share(workload: &Workload, (_, name, run): &Technique) -> Result<TechniqueRun> {
    let recorder = Recorder::new();
    let lanes = (0..workload.workers).map(|i| recorder.lane(text!("워커 {i}", "Worker {i}"))).collect();
    let (done, cores) = CoresUsed::during(|| run(workload.jobs, lanes, workload.state(), &|job| workload.work(job)));
    Ok(TechniqueRun { trace: recorder.finish(name()), done: done?, cores })
}

/// Time, jobs of each worker, jobs that were another worker's part, and idle time.
fn row(workload: &Workload, wall: &Measure, trace: &Trace, moved: Option<usize>) -> Vec<Text> {
    let jobs: Vec<String> = trace.lanes.iter().map(|lane| lane.spans.len().to_string()).collect();
    let busy = trace.mean_in_flight(workload.state()) / workload.workers as f64;
    vec![
        wall.name.clone(),
        Text::same(unit::value(wall.median(), wall.unit)),
        Text::same(jobs.join(" + ")),
        Text::same(moved.map_or_else(|| "–".to_owned(), |n| n.to_string())),
        Text::same(unit::value(1.0 - busy, Unit::Share)),
    ]
}

fn who_did_what(rows: Vec<Vec<Text>>) -> Table {
    Table {
        title: text!("워커별 작업", "What each worker did"),
        head: vec![
            text!("방식", "technique"),
            text!("시간", "time"),
            text!("워커별 작업 수", "jobs of each worker"),
            text!("다른 워커의 몫", "from another's part"),
            text!("유휴 비율", "idle"),
        ],
        rows,
    }
}

/// The number of jobs that were not done by the worker whose part they were.
pub fn moved(done: &[JobsDone], jobs: usize) -> usize {
    let workers = done.len();
    let foreign = |(me, done): (usize, &JobsDone)| {
        let own = part(me, workers, jobs);
        done.iter().filter(|job| !own.contains(job)).count()
    };
    done.iter().enumerate().map(foreign).sum()
}

/// The twin does the same with Python's pools; its jobs compute less, so that they take about as long.
fn on_pythons(
    report: &mut Report,
    workload: &Workload,
    rounds: usize,
    pythons: &[Interpreter],
    rows: &mut Vec<Vec<Text>>,
    crowds: &mut Vec<Table>,
) {
    let counts: Vec<String> = oversubscribe::counts().iter().map(ToString::to_string).collect();
    let work = workload.work.word();
    let twins = (workload.iterations / PYTHON_ITERATIONS).max(1);
    let unit = if workload.waits() { WAIT.as_secs_f64() } else { twins as f64 };
    let args = [
        workload.jobs.to_string(),
        workload.workers.to_string(),
        work.to_owned(),
        unit.to_string(),
        rounds.to_string(),
    ];
    let args: Vec<String> = args.into_iter().chain([counts.join(",")]).collect();
    let watch = Watch::start();
    let claims: &[&str] = if workload.waits() { &[overlap::CLAIM] } else { &["threads-cpu-no-gain"] };
    python::join(report, pythons, twin_script!("pools"), &args, claims, |python, twin| {
        rows.extend(twin_rows(python, twin, workload));
        crowds.extend(oversubscribe::of_twin(twin).map(|points| oversubscribe::table(&points, &python.to_string())));
        vec![judge(python, twin, workload, watch.foreign())]
    });
    if !workload.waits() {
        python::name_part(report, pythons, workload.iterations, twins);
    }
}

fn twin_rows(python: &Interpreter, twin: &Report, workload: &Workload) -> Vec<Vec<Text>> {
    let walls = twin.measures.iter().filter(|m| m.id.starts_with("wall."));
    let of = |(wall, trace): (&Measure, &Trace)| {
        let (ko, en) = (&wall.name.ko, &wall.name.en);
        let name = text!("{python}: {ko}", "{python}: {en}");
        row(workload, &Measure { name, ..wall.clone() }, trace, None)
    };
    walls.zip(&twin.traces).map(of).collect()
}

/// The verdict on Python's pool with one queue: jobs wait at the same time; they compute at the same time only without a GIL.
fn judge(python: &Interpreter, twin: &Report, workload: &Workload, foreign: Option<f64>) -> Verdict {
    let on = format!("{python}, ThreadPoolExecutor");
    if workload.workers < 2 {
        return Verdict::not_measured(
            if workload.waits() { overlap::CLAIM } else { "threads-cpu-no-gain" },
            on,
            text!("워커가 하나뿐입니다", "there is only one worker"),
        );
    }
    if workload.waits() {
        let peak = twin.traces.last().map_or(0, |trace| trace.peak_in_flight(&[State::WaitingForIo]));
        return overlap::judge(on, workload.workers, peak, 2);
    }
    let median = |id| twin.measure(id).map(Measure::median);
    let used = CoresUsed { cores: median("cores"), wall: median("wall.executor").unwrap_or_default(), foreign };
    used.threads(python.gil, on)
}

fn note(workload: &Workload) -> Text {
    let (jobs, workers, long) = (workload.jobs, workload.workers, workload.jobs.div_ceil(4));
    if workload.waits() {
        let wait = unit::value(WAIT.as_nanos() as f64, Unit::Ns);
        return text!(
            "작업 {jobs}개, 워커 {workers}개. 앞의 {long}개는 나머지보다 {LONG}배 길고, 짧은 작업 하나는 {wait} 동안 기다립니다.",
            "Jobs: {jobs}, workers: {workers}. The first {long} take {LONG} times as long as the others; a short one waits {wait}."
        );
    }
    let iterations = workload.iterations;
    text!(
        "작업 {jobs}개, 워커 {workers}개. 앞의 {long}개는 나머지보다 {LONG}배 길고, 짧은 작업 하나는 루프 {iterations}번입니다(파이썬에서는 그 {PYTHON_ITERATIONS}분의 1).",
        "Jobs: {jobs}, workers: {workers}. The first {long} take {LONG} times as long as the others; a short one is {iterations} iterations of the loop (in Python a {PYTHON_ITERATIONS}th of it)."
    )
}

fn shows(walls: &[Vec<f64>], points: &[oversubscribe::Point]) -> Text {
    let median = |n: usize| stats::median(&walls[n]).unwrap_or(f64::NAN);
    let [parts, channel, stealing, rayon] = [0, 1, 2, 3].map(|n| unit::value(median(n), Unit::Ns));
    let gain = |of: fn(&oversubscribe::Point) -> f64| match (points.first(), points.last()) {
        (Some(one), Some(many)) => of(one) / of(many),
        _ => f64::NAN,
    };
    let (threads, io, cpu) = (points.last().map_or(0, |p| p.threads), gain(|p| p.io), gain(|p| p.cpu));
    text!(
        "걸린 시간은 정적 분할 {parts}, 채널 하나 {channel}, 작업 훔치기 {stealing}, rayon {rayon}입니다. 스레드 하나 대비 스레드 {threads}개의 속도는 기다리는 작업에서 {io:.2}배, 계산하는 작업에서 {cpu:.2}배입니다.",
        "Time taken: static partition {parts}, one channel {channel}, work stealing {stealing}, rayon {rayon}. Compared with one thread, {threads} threads do jobs that wait at {io:.2}× the speed, and jobs that compute at {cpu:.2}×."
    )
}
