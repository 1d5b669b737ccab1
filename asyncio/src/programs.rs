//! One program on four runtimes: it spawns tasks that sleep once each, and waits for all of them.
//!
//! The article's listing, extended: each task records when it slept and on which threads it ran.

use std::future::Future;
use std::sync::Mutex;
use std::thread::{self, ThreadId};
use std::time::Duration;

use lab::{Result, clock, machine};
use tokio::runtime::Builder;

use crate::event_loop::cannot_start;
use crate::overlap::ThreadModel;

/// What a task recorded.
#[derive(Clone, Copy, Debug)]
pub struct Nap {
    /// Start of the sleep, in ns of [`clock::now`].
    pub start: u64,
    /// End of the sleep.
    pub end: u64,
    /// The thread that ran the task before the sleep, and the one that ran it after.
    pub threads: [ThreadId; 2],
}

/// The program on one runtime.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    pub id: &'static str,
    pub name: &'static str,
    pub model: ThreadModel,
    /// Runs this many tasks, each of which sleeps this long.
    pub run: fn(usize, Duration) -> Result<Vec<Nap>>,
}

/// All programs, in the order in which they run.
pub const PROGRAMS: [Program; 4] = [
    Program {
        id: "tokio-current-thread",
        name: "tokio current_thread",
        model: ThreadModel::OneThread,
        run: tokio_current_thread,
    },
    Program { id: "tokio-multi-thread", name: "tokio multi_thread", model: ThreadModel::Pool, run: tokio_multi_thread },
    Program { id: "async-std", name: "async-std", model: ThreadModel::Pool, run: async_std },
    Program { id: "smol", name: "smol LocalExecutor", model: ThreadModel::OneThread, run: smol },
];

/// Sleeps and records it. `sleep` is called inside the task, so that on every runtime the timer starts only when the task runs.
pub async fn nap<S: Future>(sleep: impl FnOnce() -> S) -> Nap {
    let (before, start) = (thread::current().id(), clock::now());
    sleep().await;
    Nap { start, end: clock::now(), threads: [before, thread::current().id()] }
}

fn tokio_current_thread(tasks: usize, pause: Duration) -> Result<Vec<Nap>> {
    let runtime = Builder::new_current_thread().enable_time().build().map_err(cannot_start)?;
    Ok(runtime.block_on(on_tokio(tasks, pause)))
}

fn tokio_multi_thread(tasks: usize, pause: Duration) -> Result<Vec<Nap>> {
    let workers = machine::cores();
    let runtime = Builder::new_multi_thread().worker_threads(workers).enable_time().build().map_err(cannot_start)?;
    Ok(runtime.block_on(on_tokio(tasks, pause)))
}

/// The same program for one thread and for many: with tokio only the builder differs.
async fn on_tokio(tasks: usize, pause: Duration) -> Vec<Nap> {
    let tasks: Vec<_> = (0..tasks).map(|_| tokio::spawn(nap(move || tokio::time::sleep(pause)))).collect();
    let mut naps = Vec::with_capacity(tasks.len());
    for task in tasks {
        naps.push(task.await.expect("a sleeper does not panic"));
    }
    naps
}

fn async_std(tasks: usize, pause: Duration) -> Result<Vec<Nap>> {
    use async_std::task;
    Ok(task::block_on(async {
        let tasks: Vec<_> = (0..tasks).map(|_| task::spawn(nap(move || task::sleep(pause)))).collect();
        let mut naps = Vec::with_capacity(tasks.len());
        for task in tasks {
            naps.push(task.await);
        }
        naps
    }))
}

fn smol(tasks: usize, pause: Duration) -> Result<Vec<Nap>> {
    let executor = smol::LocalExecutor::new();
    Ok(smol::block_on(executor.run(async {
        let tasks: Vec<_> = (0..tasks).map(|_| executor.spawn(nap(move || smol::Timer::after(pause)))).collect();
        let mut naps = Vec::with_capacity(tasks.len());
        for task in tasks {
            naps.push(task.await);
        }
        naps
    })))
}

/// Checks that the system grants the threads that the runtimes start on their own: one per core for tokio, one per core for
/// async-std, and one for timers. The runtimes panic if they cannot start a thread; this check gives an error message instead.
pub fn check_threads_available() -> Result<()> {
    let gate = Mutex::new(());
    thread::scope(|scope| {
        // No thread ends before all have been started, so all exist at the same time.
        let _closed = gate.lock();
        for _ in 0..=2 * machine::cores() {
            thread::Builder::new().spawn_scoped(scope, || drop(gate.lock())).map_err(cannot_start)?;
        }
        Ok(())
    })
}
