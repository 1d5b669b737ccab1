//! Measures one row of `million` in its own process: many sleeping tasks or threads, and what they cost while all of them sleep.
//!
//! A sleeper keeps no lane and no record, because those would take more memory than the sleeper. All share two counters and one
//! variable with the length of the sleep. The memory of a task is what its runtime allocates for it, and a handle in a list.

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

use crate::event_loop::cannot_start;

/// Number of sleepers that have gone to sleep.
static ASLEEP: AtomicUsize = AtomicUsize::new(0);
/// Number of sleepers that have woken up.
static AWAKE: AtomicUsize = AtomicUsize::new(0);
/// How long each sleeper sleeps, in ns.
static PAUSE: AtomicU64 = AtomicU64::new(0);

/// Sleepers that run before the measurement, so that one-time allocations of a runtime are not measured.
const WARM_UP: usize = 8;
/// Number of blocks that use up the allocator's free list before the measurement. Without them the first sleepers would reuse free
/// memory and seem to take none. The blocks are smaller than a sleeper's allocation, and more than are free after the start.
const BALLAST: usize = 10_000;
/// Interval at which the counters are polled.
const POLL: Duration = Duration::from_millis(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sleeper {
    /// A task on tokio with one thread.
    TokioCurrentThread,
    /// A task on tokio with one thread per core.
    TokioMultiThread,
    /// A task on async-std.
    AsyncStd,
    /// A task on smol's `LocalExecutor`.
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

/// Runs `many` sleepers that sleep for `pause` in this process, and reports their cost. The measurements have the twin's ids:
/// `bytes` is the growth of the process while all sleep, `alive` the number of sleepers asleep at that time, `cpu` the CPU time of
/// the whole row, `spawned` the time until all slept.
pub fn row(sleeper: Sleeper, many: usize, pause: Duration) -> Result<Report> {
    let tokio = |mut builder: Builder| -> Result<Row> {
        let runtime = builder.enable_time().build().map_err(cannot_start)?;
        let poll = || tokio::time::sleep(POLL);
        Ok(runtime.block_on(tasks(many, pause, || tokio::spawn(on_tokio()), poll)))
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
            task::block_on(tasks(many, pause, || task::spawn(on_async_std()), || task::sleep(POLL)))
        }
        Sleeper::Smol => {
            let executor = smol::LocalExecutor::new();
            let poll = || smol::Timer::after(POLL);
            smol::block_on(executor.run(tasks(many, pause, || executor.spawn(on_smol()), poll)))
        }
        Sleeper::Thread => threads(many, pause),
    };
    Ok(row.report(sleeper, pause))
}

/// Spawns the tasks, waits until all are asleep, takes the snapshot, and awaits the tasks.
async fn tasks<T: Future, M: Future>(many: usize, pause: Duration, spawn: impl Fn() -> T, poll: impl Fn() -> M) -> Row {
    PAUSE.store(ns(POLL), Relaxed);
    let first: Vec<T> = (0..WARM_UP).map(|_| spawn()).collect();
    for task in first {
        task.await;
    }
    let mut row = Row::begin(pause);
    let all: Vec<T> = (0..many).map(|_| spawn()).collect();
    while !all_or_too_late(many) {
        poll().await;
    }
    row.take_snapshot();
    for task in all {
        task.await;
    }
    row.end()
}

/// The same with threads. If the system refuses to start more, the row is measured with those that run.
fn threads(many: usize, pause: Duration) -> Row {
    let spawn = || thread::Builder::new().spawn(in_a_thread);
    PAUSE.store(ns(POLL), Relaxed);
    let join = |threads: Vec<thread::JoinHandle<()>>| {
        threads.into_iter().for_each(|thread| thread.join().expect("a sleeper does not panic"));
    };
    // Only one thread warms up: glibc caches the stacks of ended threads, and the measured ones would reuse them.
    join(spawn().into_iter().collect());
    let mut row = Row::begin(pause);
    let all: Vec<_> = (0..many).map_while(|_| spawn().ok()).collect();
    while !all_or_too_late(all.len()) {
        thread::sleep(POLL);
    }
    row.take_snapshot();
    join(all);
    row.end()
}

fn all_or_too_late(many: usize) -> bool {
    ASLEEP.load(Relaxed) >= many || AWAKE.load(Relaxed) > 0
}

fn ns(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The state of the process at one time.
#[derive(Clone, Copy, Debug, Default)]
struct Snapshot {
    at: u64,
    cpu: Option<u64>,
    /// Private memory, which is exact. The resident memory in `/proc/self/status` is not: kernels update it in batches.
    memory: Option<u64>,
    peak: Option<u64>,
}

impl Snapshot {
    fn now() -> Snapshot {
        let (memory, peak) = (machine::private_memory(), machine::peak_memory());
        Snapshot { at: clock::now(), cpu: clock::cpu(), memory, peak }
    }
}

struct Row {
    /// Kept until the end, so that its memory is not reused.
    _ballast: Vec<Vec<u8>>,
    before: Snapshot,
    asleep: Snapshot,
    /// Sleepers asleep during the whole snapshot: they went to sleep before it and woke up after it.
    alive: usize,
    after: Snapshot,
}

impl Row {
    fn begin(pause: Duration) -> Row {
        PAUSE.store(ns(pause), Relaxed);
        ASLEEP.store(0, Relaxed);
        AWAKE.store(0, Relaxed);
        let ballast = (0..BALLAST).map(|n| vec![n as u8; 64]).collect();
        Row {
            _ballast: ballast,
            before: Snapshot::now(),
            asleep: Snapshot::default(),
            alive: 0,
            after: Snapshot::default(),
        }
    }

    fn take_snapshot(&mut self) {
        let (asleep, at) = (ASLEEP.load(Relaxed), clock::now());
        self.asleep = Snapshot { at, ..Snapshot::now() };
        self.alive = asleep.saturating_sub(AWAKE.load(Relaxed));
    }

    fn end(mut self) -> Row {
        self.after = Snapshot::now();
        self
    }

    fn report(&self, sleeper: Sleeper, pause: Duration) -> Report {
        let Row { before, asleep, after, .. } = self;
        let grown = |of: fn(&Snapshot) -> Option<u64>, to: &Snapshot| Some(of(to)?.saturating_sub(of(before)?) as f64);
        let mut report = Report::new("asyncio/sleepers");
        let values = [
            ("bytes", Unit::Bytes, grown(|snapshot| snapshot.memory, asleep)),
            ("peak", Unit::Bytes, grown(|snapshot| snapshot.peak, asleep)),
            ("cpu", Unit::Ns, grown(|snapshot| snapshot.cpu, after)),
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
