//! A row of `million`, in a process of its own: many sleeping tasks, and their cost while all of them sleep.
//!
//! A sleeper keeps no lane and no record, which would take more memory than itself: all share two counters, and read from one
//! place how long to sleep. What a task takes here is what its runtime gives it, and a handle in a list.

use std::future::Future;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use lab::cli::Choice;
use lab::lang::Text;
use lab::report::{Measure, Report, Unit};
use lab::trace::{Lane, Span, State, Trace};
use lab::{Result, clock, machine};
use tokio::runtime::Builder;

use crate::programs::cannot_start;

/// Sleepers that have gone to sleep.
static ASLEEP: AtomicUsize = AtomicUsize::new(0);
/// Sleepers that have woken up again.
static AWAKE: AtomicUsize = AtomicUsize::new(0);
/// How long a sleeper sleeps, in ns.
static PAUSE: AtomicU64 = AtomicU64::new(0);

/// Warm-up sleepers, so that one-time allocations of a runtime are not measured.
const WARM_UP: usize = 8;
/// Ballast that exhausts the allocator's free list before anything is measured: else the first sleepers would seem
/// to weigh nothing. More than is free after the start, in blocks smaller than any sleeper's.
const BALLAST: usize = 10_000;
/// Between two looks whether all are asleep.
const MOMENT: Duration = Duration::from_millis(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sleeper {
    /// A task of tokio's runtime with one thread.
    TokioCurrentThread,
    /// A task of tokio's runtime with a thread a core.
    TokioMultiThread,
    /// A task of async-std.
    AsyncStd,
    /// A task of smol's `LocalExecutor`.
    Smol,
    /// A thread of the standard library.
    Thread,
}

impl Choice for Sleeper {
    const WORDS: &'static [(&'static str, Sleeper)] = &[
        ("tokio-current-thread", Sleeper::TokioCurrentThread),
        ("tokio-multi-thread", Sleeper::TokioMultiThread),
        ("async-std", Sleeper::AsyncStd),
        ("smol", Sleeper::Smol),
        ("thread", Sleeper::Thread),
    ];
}

impl Sleeper {
    /// In the order of the tables.
    pub const ALL: [Sleeper; 5] =
        [Sleeper::TokioCurrentThread, Sleeper::TokioMultiThread, Sleeper::AsyncStd, Sleeper::Smol, Sleeper::Thread];

    pub fn id(self) -> &'static str {
        self.word()
    }

    pub fn from_id(id: &str) -> Option<Sleeper> {
        Sleeper::ALL.into_iter().find(|sleeper| sleeper.id() == id)
    }

    pub fn name(self) -> &'static str {
        match self {
            Sleeper::TokioCurrentThread => "tokio current_thread",
            Sleeper::TokioMultiThread => "tokio multi_thread",
            Sleeper::AsyncStd => "async-std",
            Sleeper::Smol => "smol LocalExecutor",
            Sleeper::Thread => "std::thread",
        }
    }
}

fn pause() -> Duration {
    Duration::from_nanos(PAUSE.load(Relaxed))
}

async fn on_tokio() {
    ASLEEP.fetch_add(1, Relaxed);
    tokio::time::sleep(pause()).await;
    AWAKE.fetch_add(1, Relaxed);
}

async fn on_async_std() {
    ASLEEP.fetch_add(1, Relaxed);
    async_std::task::sleep(pause()).await;
    AWAKE.fetch_add(1, Relaxed);
}

async fn on_smol() {
    ASLEEP.fetch_add(1, Relaxed);
    smol::Timer::after(pause()).await;
    AWAKE.fetch_add(1, Relaxed);
}

fn in_a_thread() {
    ASLEEP.fetch_add(1, Relaxed);
    thread::sleep(pause());
    AWAKE.fetch_add(1, Relaxed);
}

/// Lets `many` sleepers sleep for `pause` in this process, and reports what they took. The measurements are those of the twin:
/// `bytes` that the process grew by, `alive` together at that moment, `cpu` from before the first to after the last, and how long
/// it took until all slept (`spawned`).
pub fn row(sleeper: Sleeper, many: usize, pause: Duration) -> Result<Report> {
    let tokio = |mut builder: Builder| -> Result<Row> {
        let runtime = builder.enable_time().build().map_err(cannot_start)?;
        let moment = || tokio::time::sleep(MOMENT);
        Ok(runtime.block_on(tasks(many, pause, || tokio::spawn(on_tokio()), moment)))
    };
    let row = match sleeper {
        Sleeper::TokioCurrentThread => tokio(Builder::new_current_thread())?,
        Sleeper::TokioMultiThread => {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(machine::cores());
            tokio(builder)?
        }
        Sleeper::AsyncStd => {
            use async_std::task;
            task::block_on(tasks(many, pause, || task::spawn(on_async_std()), || task::sleep(MOMENT)))
        }
        Sleeper::Smol => {
            let executor = smol::LocalExecutor::new();
            let moment = || smol::Timer::after(MOMENT);
            smol::block_on(executor.run(tasks(many, pause, || executor.spawn(on_smol()), moment)))
        }
        Sleeper::Thread => threads(many, pause),
    };
    Ok(row.report(sleeper, pause))
}

/// Spawns them, waits until all are asleep, looks, and awaits them.
async fn tasks<T: Future, M: Future>(
    many: usize,
    pause: Duration,
    spawn: impl Fn() -> T,
    moment: impl Fn() -> M,
) -> Row {
    PAUSE.store(ns(MOMENT), Relaxed);
    let first: Vec<T> = (0..WARM_UP).map(|_| spawn()).collect();
    for task in first {
        task.await;
    }
    let mut row = Row::begin(pause);
    let all: Vec<T> = (0..many).map(|_| spawn()).collect();
    while !all_or_too_late(many) {
        moment().await;
    }
    row.look();
    for task in all {
        task.await;
    }
    row.end()
}

/// The same with threads. Where the system gives no more, those that it gave are looked at.
fn threads(many: usize, pause: Duration) -> Row {
    let spawn = || thread::Builder::new().spawn(in_a_thread);
    PAUSE.store(ns(MOMENT), Relaxed);
    let join = |threads: Vec<thread::JoinHandle<()>>| {
        threads.into_iter().for_each(|thread| thread.join().expect("a sleeper does not panic"));
    };
    // A single one: glibc caches the stacks of threads that have ended.
    join(spawn().into_iter().collect());
    let mut row = Row::begin(pause);
    let all: Vec<_> = (0..many).map_while(|_| spawn().ok()).collect();
    while !all_or_too_late(all.len()) {
        thread::sleep(MOMENT);
    }
    row.look();
    join(all);
    row.end()
}

fn all_or_too_late(many: usize) -> bool {
    ASLEEP.load(Relaxed) >= many || AWAKE.load(Relaxed) > 0
}

fn ns(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// What is looked at.
#[derive(Clone, Copy, Debug, Default)]
struct Moment {
    at: u64,
    cpu: Option<u64>,
    /// Exact, unlike the resident memory of `status`, which kernels count in batches.
    memory: Option<u64>,
    peak: Option<u64>,
}

impl Moment {
    fn now() -> Moment {
        let (memory, peak) = (machine::private_memory(), machine::peak_memory());
        Moment { at: clock::now(), cpu: clock::cpu(), memory, peak }
    }
}

struct Row {
    /// Held to the end.
    _ballast: Vec<Vec<u8>>,
    before: Moment,
    asleep: Moment,
    /// Asleep at the look: had gone to sleep before it, and had not woken up after it.
    alive: usize,
    after: Moment,
}

impl Row {
    fn begin(pause: Duration) -> Row {
        PAUSE.store(ns(pause), Relaxed);
        ASLEEP.store(0, Relaxed);
        AWAKE.store(0, Relaxed);
        let ballast = (0..BALLAST).map(|n| vec![n as u8; 64]).collect();
        Row { _ballast: ballast, before: Moment::now(), asleep: Moment::default(), alive: 0, after: Moment::default() }
    }

    fn look(&mut self) {
        let (asleep, at) = (ASLEEP.load(Relaxed), clock::now());
        self.asleep = Moment { at, ..Moment::now() };
        self.alive = asleep.saturating_sub(AWAKE.load(Relaxed));
    }

    fn end(mut self) -> Row {
        self.after = Moment::now();
        self
    }

    fn report(&self, sleeper: Sleeper, pause: Duration) -> Report {
        let Row { before, asleep, after, .. } = self;
        let grown = |of: fn(&Moment) -> Option<u64>, to: &Moment| Some(of(to)?.saturating_sub(of(before)?) as f64);
        let mut report = Report::new("asyncio/sleepers");
        let values = [
            ("bytes", Unit::Bytes, grown(|moment| moment.memory, asleep)),
            ("peak", Unit::Bytes, grown(|moment| moment.peak, asleep)),
            ("cpu", Unit::Ns, grown(|moment| moment.cpu, after)),
            ("alive", Unit::Count, Some(self.alive as f64)),
            ("spawned", Unit::Ns, Some((asleep.at - before.at) as f64)),
        ];
        let measure =
            |(id, unit, value): (&str, Unit, Option<f64>)| Some(Measure::new(id, Text::same(id), unit, vec![value?]));
        report.measures.extend(values.into_iter().filter_map(measure));
        let wake = (before.at + ns(pause)).clamp(asleep.at, after.at);
        let edges = [
            (State::Running, before.at, asleep.at),
            (State::WaitingForIo, asleep.at, wake),
            (State::Running, wake, after.at),
        ];
        let spans = edges.map(|(state, start, end)| Span { state, start, end }).to_vec();
        report.traces.push(Trace::new(Text::default(), vec![Lane { name: Text::same(sleeper.name()), spans }]));
        report
    }
}
