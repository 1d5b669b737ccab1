//! tokio, async-std and smol side by side: sleeping tasks and on how many threads they ran, memory for each, and three errands.
//!
//! Article: asyncio. Run: `cargo run -p asyncio -- runtimes --tasks 1000`. Python twins: `python/article.py`, with a number of tasks,
//! `python/errands.py` and `python/million.py`.

pub mod microbench;
mod report;

use std::collections::HashSet;
use std::time::Duration;

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::machine::Watch;
use lab::python::{self, Interpreter};
use lab::report::{Measure, Report, Unit};
use lab::trace::{Lane, State, Trace};
use lab::{Result, clock, text, twin_script};

use super::million;
use super::million::measure;
use crate::overlap::{self, CLAIM, Home};
use crate::programs::{self, Nap, PROGRAMS, Program};
use microbench::{Errand, Took};
use report as page;

/// How often each program runs; they take turns.
pub(crate) const ROUNDS: usize = 3;
/// So many tasks sleep in a process of their own for the memory that each takes.
pub(crate) const WEIGHED: usize = 10_000;

/// `cargo run -p asyncio -- runtimes`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let tasks = options.size("tasks", 1..=100_000, 5, text!("태스크 수", "how many tasks"));
    let pause =
        options.seconds("seconds", 0.0..=60.0, 0.3, text!("한 태스크가 기다리는 시간", "how long a task waits"));
    let about = text!("양보, 채널, 에코 횟수", "yields, messages and echoes");
    let iterations = options.size("iterations", 1..=1_000_000, 2000, about);
    let about = text!("같은 태스크를 tokio, async-std, smol에서 나란히", "the same tasks on tokio, async-std and smol");
    Experiment::new("runtimes", about, options, move |a| {
        run(a.get(tasks), a.get(pause), a.get(iterations), a.pythons())
    })
}

/// Lets `tasks` tasks sleep for `pause` on each runtime in turn, runs `times` of each errand, and all of it on CPython.
pub fn run(tasks: usize, pause: Duration, times: usize, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("asyncio/runtimes");
    programs::threads_can_be_had()?;
    let watch = Watch::start();
    let mut rows = PROGRAMS.map(Row::new);
    for _ in 0..ROUNDS {
        for row in &mut rows {
            row.run_once(tasks, pause)?;
        }
        for errand in Errand::ALL {
            for row in &mut rows {
                row.errands.push((errand, microbench::run(row.program.id, errand, times)?));
            }
        }
    }
    let foreign = watch.foreign();
    report.shows = page::shows(tasks, pause, &rows);
    report.verdicts.extend(rows.iter().map(Row::verdict));
    report.measures.extend(rows.iter().flat_map(Row::measures));
    let args = [pause.as_secs_f64().to_string(), tasks.to_string(), ROUNDS.to_string()];
    report.traces.extend(rows.into_iter().map(|row| row.trace));
    python::join(&mut report, pythons, twin_script!("article"), &args, &[CLAIM], |python, twin| {
        let threads = twin.measure("threads").map(|measure| most(&measure.samples));
        twin.traces.iter().map(|trace| overlap::judge(&python.to_string(), trace, Home::OneThread, threads)).collect()
    });
    let args = [times.to_string(), ROUNDS.to_string()];
    python::join(&mut report, pythons, twin_script!("runtimes"), &args, &[], |_, _| Vec::new());
    weigh(&mut report, pythons);
    report.tables = vec![page::together(&report, pythons), page::errands(&report, pythons)];
    report.measures_in_tables = true;
    report.notes = page::notes(pause, times, foreign).into_iter().chain(report.notes).collect();
    Ok(report)
}

/// Memory for each task, each runtime in a fresh process: see `million`.
fn weigh(report: &mut Report, pythons: &[Interpreter]) {
    let mut all: Vec<(String, million::Rows)> = Vec::new();
    for Program { id, .. } in PROGRAMS {
        let sleeper = measure::Sleeper::from_id(id).expect("both name the same runtimes");
        all.push((format!("bytes.{id}"), million::one_in_rust(sleeper, WEIGHED)));
    }
    for python in pythons {
        let prefix = python.measure_id("");
        all.push((format!("{prefix}bytes"), million::one_on_python(python, WEIGHED)));
    }
    for (id, rows) in all {
        let name = &rows.name.en;
        let what = text!("{name}: 태스크 하나의 메모리", "{name}: memory for each task");
        let row = rows.rows.first();
        report.measures.extend(row.map(|row| Measure::new(id, what, Unit::Bytes, vec![row.bytes])));
        report.notes.extend(rows.refusal());
    }
}

/// What was seen of one runtime, a sample a round.
pub(crate) struct Row {
    pub(crate) program: Program,
    pub(crate) wall: Vec<f64>,
    /// Of the whole process; no samples where the system does not tell.
    cpu: Vec<f64>,
    pub(crate) threads: Vec<f64>,
    peak: Vec<f64>,
    /// The round in which the fewest waited at once: the one that the verdict is on.
    trace: Trace,
    /// All rounds of all errands.
    errands: Vec<(Errand, Took)>,
}

impl Row {
    fn new(program: Program) -> Row {
        let (wall, cpu, threads, peak) = Default::default();
        Row { program, wall, cpu, threads, peak, trace: Trace::default(), errands: Vec::new() }
    }

    fn run_once(&mut self, tasks: usize, pause: Duration) -> Result<()> {
        let (start, cpu) = (clock::now(), clock::cpu());
        let naps = (self.program.run)(tasks, pause)?;
        self.wall.push((clock::now() - start) as f64);
        self.cpu.extend(clock::cpu().zip(cpu).map(|(after, before)| (after - before) as f64));
        let threads: HashSet<_> = naps.iter().flat_map(|nap| nap.threads).collect();
        self.threads.push(threads.len() as f64);
        let trace = Trace::new(Text::same(self.program.name), lanes(&naps));
        let peak = trace.peak_in_flight(&[State::WaitingForIo]) as f64;
        if self.peak.iter().all(|&other| peak <= other) {
            self.trace = trace;
        }
        self.peak.push(peak);
        Ok(())
    }

    fn verdict(&self) -> lab::claims::Verdict {
        overlap::judge(self.program.name, &self.trace, self.program.home, Some(most(&self.threads)))
    }

    fn measures(&self) -> Vec<Measure> {
        let mut all = vec![
            self.measure("wall", &text!("벽시계", "wall"), Unit::Ns, &self.wall),
            self.measure("threads", &text!("스레드 수", "threads"), Unit::Count, &self.threads),
            self.measure("peak", &text!("동시 대기 최대", "waiting at once"), Unit::Count, &self.peak),
            self.measure("cpu", &text!("CPU 시간", "CPU time"), Unit::Ns, &self.cpu),
        ];
        for errand in Errand::ALL {
            let took = || self.errands.iter().filter(|(done, _)| *done == errand).map(|(_, took)| took);
            let Text { ko, en } = errand.name();
            let (wall, cpu): (Vec<f64>, Vec<f64>) =
                (took().map(|t| t.wall).collect(), took().filter_map(|t| t.cpu).collect());
            all.push(self.measure(
                &format!("wall.{}", errand.id()),
                &text!("{ko}, 벽시계", "{en}, wall"),
                Unit::Ns,
                &wall,
            ));
            all.push(self.measure(&format!("cpu.{}", errand.id()), &text!("{ko}, CPU", "{en}, CPU"), Unit::Ns, &cpu));
        }
        all.retain(|measure| !measure.samples.is_empty());
        all
    }

    fn measure(&self, id: &str, what: &Text, unit: Unit, samples: &[f64]) -> Measure {
        let Program { id: runtime, name, .. } = self.program;
        let name = Text { ko: format!("{name}: {}", what.ko), en: format!("{name}: {}", what.en) };
        Measure::new(format!("{id}.{runtime}"), name, unit, samples.to_vec())
    }
}

/// The naps as a timeline.
pub fn lanes(naps: &[Nap]) -> Vec<Lane> {
    let lane =
        |(i, nap): (usize, &Nap)| Lane::of(text!("태스크 {i}", "Task {i}"), State::WaitingForIo, nap.start, nap.end);
    naps.iter().enumerate().map(lane).collect()
}

/// The largest of some counts.
pub(crate) fn most(counts: &[f64]) -> usize {
    counts.iter().fold(0.0, |a: f64, &b| a.max(b)) as usize
}
