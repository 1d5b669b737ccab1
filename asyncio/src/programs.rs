//! One program on four runtimes: spawn so many tasks, each of which sleeps once, and wait for all of them.
//!
//! The article's listing with a notebook: each task notes when it slept, and on which threads it ran.

use std::future::Future;
use std::io;
use std::sync::Mutex;
use std::thread::{self, ThreadId};
use std::time::Duration;

use lab::{Error, Result, clock, machine, text};
use tokio::runtime::Builder;

use crate::overlap::Home;

/// What a task noted.
#[derive(Clone, Copy, Debug)]
pub struct Nap {
    /// When it went to sleep, in ns on [`clock::now`].
    pub start: u64,
    /// When it was awake again.
    pub end: u64,
    /// The thread that ran it before the sleep, and the one that ran it after.
    pub threads: [ThreadId; 2],
}

/// A runtime, and the program on it.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    pub id: &'static str,
    pub name: &'static str,
    /// Where its tasks run.
    pub home: Home,
    /// Lets so many tasks sleep so long.
    pub run: fn(usize, Duration) -> Result<Vec<Nap>>,
}

/// The four, in the order in which they take turns.
pub const PROGRAMS: [Program; 4] = [
    Program {
        id: "tokio-current-thread",
        name: "tokio current_thread",
        home: Home::OneThread,
        run: tokio_current_thread,
    },
    Program { id: "tokio-multi-thread", name: "tokio multi_thread", home: Home::Pool, run: tokio_multi_thread },
    Program { id: "async-std", name: "async-std", home: Home::Pool, run: async_std },
    Program { id: "smol", name: "smol LocalExecutor", home: Home::OneThread, run: smol },
];

/// Sleeps, and notes it. The clock of the sleep starts inside the task, on every runtime.
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

/// The same on one thread and on many: with tokio that is the builder's choice, not the program's.
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

/// Whether the threads can be had that the runtimes start behind our back: one a core for tokio, one a core for async-std, and one
/// for timers. They panic where they are refused one; asked before, the reader gets a line instead.
pub fn threads_can_be_had() -> Result<()> {
    let door = Mutex::new(());
    thread::scope(|scope| {
        // All stand before the closed door until the last has come.
        let _closed = door.lock();
        for _ in 0..=2 * machine::cores() {
            thread::Builder::new().spawn_scoped(scope, || drop(door.lock())).map_err(cannot_start)?;
        }
        Ok(())
    })
}

/// The line for a runtime that the system has no threads for.
pub(crate) fn cannot_start(e: io::Error) -> Error {
    Error::failed(text!("런타임의 스레드를 시작할 수 없습니다: {e}", "the runtime's threads cannot be started: {e}"))
}
