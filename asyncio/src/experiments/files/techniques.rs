//! A file read in a task: by a call that blocks, and by the file functions of each runtime.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use lab::lang::Text;
use lab::trace::{LaneRecorder, Recorder, State, Trace};
use lab::{Error, Result, text};

use super::slow_file::{CONTENT, SlowFile};
use crate::event_loop::{event_loop, lane_name};
use crate::heartbeat::ticker_on;

/// The other task of the loop sleeps so long at a time.
pub const PERIOD: Duration = Duration::from_millis(10);
/// It is alone for so long before and after the reading.
pub const BEFORE: Duration = Duration::from_millis(50);

// ANCHOR: std_fs
/// Broken: there is no await in it. The loop's only thread waits for the file, and nobody else can run.
async fn std_fs(path: PathBuf) -> io::Result<Vec<u8>> {
    std::fs::read(path)
}
// ANCHOR_END: std_fs

// ANCHOR: tokio_fs
/// The same call, made by a thread of the runtime's blocking pool. The loop awaits its result.
async fn tokio_fs(path: PathBuf) -> io::Result<Vec<u8>> {
    tokio::fs::read(path).await
}
// ANCHOR_END: tokio_fs

async fn async_std_fs(path: PathBuf) -> io::Result<Vec<u8>> {
    async_std::fs::read(path).await
}

/// `smol::fs` is `smol::unblock` around the same calls.
async fn smol_fs(path: PathBuf) -> io::Result<Vec<u8>> {
    smol::unblock(|| std::fs::read(path)).await
}

type Boxed<T> = Pin<Box<dyn Future<Output = T>>>;

/// Whose event loop.
#[derive(Clone, Copy, Debug)]
enum Loop {
    Tokio,
    AsyncStd,
    Smol,
}

impl Loop {
    fn sleep(self, pause: Duration) -> Boxed<()> {
        match self {
            Loop::Tokio => Box::pin(tokio::time::sleep(pause)),
            Loop::AsyncStd => Box::pin(async_std::task::sleep(pause)),
            Loop::Smol => Box::pin(async move {
                smol::Timer::after(pause).await;
            }),
        }
    }

    /// The future runs in this thread, on all of them. tokio's has a lane; the others have no hooks from which to draw one.
    fn block_on<F: Future>(self, recorder: &Recorder, future: F) -> Result<F::Output> {
        Ok(match self {
            Loop::Tokio => event_loop(None, recorder.lane(lane_name()))?.block_on(future),
            Loop::AsyncStd => async_std::task::block_on(future),
            Loop::Smol => smol::block_on(future),
        })
    }
}

/// A way to read a file in a task.
#[derive(Clone, Copy, Debug)]
pub struct Technique {
    pub id: &'static str,
    pub name: &'static str,
    on: Loop,
    read: fn(PathBuf) -> Boxed<io::Result<Vec<u8>>>,
}

/// All, in the order of the table.
pub const TECHNIQUES: [Technique; 4] = [
    Technique { id: "std_fs", name: "std::fs", on: Loop::Tokio, read: |path| Box::pin(std_fs(path)) },
    Technique { id: "tokio_fs", name: "tokio::fs", on: Loop::Tokio, read: |path| Box::pin(tokio_fs(path)) },
    Technique {
        id: "async_std_fs",
        name: "async_std::fs",
        on: Loop::AsyncStd,
        read: |path| Box::pin(async_std_fs(path)),
    },
    Technique { id: "smol_fs", name: "smol::unblock", on: Loop::Smol, read: |path| Box::pin(smol_fs(path)) },
];

impl Technique {
    /// Reads a slow file beside a task that ticks. The first lane that is not the loop's is the reading.
    pub fn observe(&self, delay: Duration) -> Result<Trace> {
        let (recorder, stop) = (Recorder::new(), &AtomicBool::new(false));
        let sleep = |pause| self.on.sleep(pause);
        let both = async {
            let lane = recorder.lane(text!("읽기", "reads"));
            let other = ticker_on(sleep, recorder.lane(text!("다른 태스크", "the other")), PERIOD, stop);
            let job = async {
                let read = self.read_between_pauses(delay, lane).await;
                stop.store(true, Relaxed);
                read
            };
            tokio::join!(job, other)
        };
        let (read, _) = self.on.block_on(&recorder, both)?;
        match read {
            Ok(bytes) if bytes == CONTENT => Ok(recorder.finish(Text::same(format!("Rust: {}", self.name)))),
            Ok(_) => Err(cannot_read(&io::ErrorKind::UnexpectedEof.into())),
            Err(e) => Err(cannot_read(&e)),
        }
    }

    async fn read_between_pauses(&self, delay: Duration, mut lane: LaneRecorder) -> io::Result<Vec<u8>> {
        self.on.sleep(BEFORE).await;
        let file = SlowFile::with_bytes_after(delay)?;
        lane.enter(State::WaitingForIo);
        let read = (self.read)(file.path.clone()).await;
        lane.leave();
        self.on.sleep(BEFORE).await;
        read
    }
}

/// The line for a file that cannot be read.
pub fn cannot_read(e: &io::Error) -> Error {
    Error::failed(text!("파일을 읽을 수 없습니다: {e}", "the file cannot be read: {e}"))
}
