//! A pool of worker processes that loses nothing: every task ends with its value or with a named [`Failure`].
//!
//! ```standalone_crate
//! use process_pool::{Pool, task};
//!
//! task! { static SQUARE: fn(u64) -> u64 = |n| n * n; }
//!
//! fn main() -> Result<(), process_pool::Error> {
//!     process_pool::init(); // must come first: a worker is this program, started once more
//!     let pool = Pool::builder().workers(2).build()?;
//!
//!     let squares = pool.map(&SQUARE, 0..1000);
//!     assert_eq!(squares[999], Ok(998_001));
//!
//!     let handle = pool.submit(&SQUARE, &12); // to wait for, to await, to cancel
//!     assert_eq!(handle.wait(), Ok(144));
//!     Ok(())
//! }
//! ```
//!
//! A [`Pool`] is shared by threads: clones are the same pool. [`Pool::call`], [`Pool::map`], [`Pool::imap`] and
//! [`Pool::imap_unordered`] wait for results; [`Pool::submit`] gives a [`Handle`], which is a future, and [`Completed`] gives
//! the outcomes of many as they end. [`Pool::prepare`] sets time limits, retries, memory and a label for some tasks.
//!
//! # Guarantees
//!
//! **At least once, and at most [`Builder::retries`]` + 1` times.** A task whose worker dies is retried by another worker; side
//! effects from before the death remain. Each result is delivered once. A task that must not run twice needs `retries(0)`:
//! it is then sent to its worker alone, and reported as failed when that worker dies. A death is charged to the tasks that
//! ran on the worker and have no result yet: mostly the one that was running. They are retried one by one; tasks queued
//! behind them are sent to other workers without losing an attempt.
//!
//! **No lock between processes.** Each worker has its own pair of pipes, so no worker can die while holding a lock that others
//! need. The parent alone knows which worker has which task. The batch size follows the measured time per task, and tasks
//! queued behind a slow one are recalled for idle workers. Values of 64 KiB and more go through shared memory, see [`Bytes`].
//! Workers are forked from a fork server that has run nothing yet, not from the parent, which may have threads, see [`Start`].
//!
//! **Whoever waits, works.** A thread that waits for results receives them for all, so a call costs no switch of threads. Only
//! where nobody waits, for handles that are awaited or have a [`then`](Handle::then), and for iterators of results whose user
//! does something else for longer than a millisecond, the pool has one thread of its own.
//!
//! **Values as they were sent.** Arguments and results are what serde can send, with any of its attributes. A task gets the
//! value that was sent, or it does not run, and [`Failure::Unreadable`] tells why; see [`wire`].
//!
//! **Slow sources.** An iterator of arguments may wait for anything, its own results too: its arguments are sent as they come,
//! and results, deaths and time limits are handled meanwhile. What is ahead of the workers is bounded. Where the system grants
//! no thread for that, the calling one pulls the arguments, and nothing is handled while it waits for one.
//!
//! **Scarce resources.** As long as one worker lives, the work goes on; that others are missing is told once, as [`Event`].
//! Freed shared memory is given back but for a share, [`limits::KEPT_MEMORY`], and an idle worker keeps none. A fork of the
//! parent can build pools of its own; in it, this pool's calls fail with [`WorkerLoss::Forked`].
//!
//! **An end.** When the last clone is dropped, workers are killed, and tasks that have not ended are cancelled;
//! [`Pool::shutdown`] waits for them. Workers end with their parent, also if it is killed.
//!
//! **Tests.** Write [`init_before_main!`] once in the test file.
//!
//! **Platforms.** Linux, and by design macOS. Windows would need a job object instead of process groups, inherited handles
//! instead of a socket, and a section instead of `memfd`; there, [`Builder::build`] returns [`Error::Unsupported`].
//!
//! # Layout
//!
//! The files in the order in which a task meets them:
//!
//! | step | file |
//! |---|---|
//! | the task is declared and registered | `task`: [`task!`], [`Task`] |
//! | the pool is configured | `builder`: [`Builder`], [`Start`]; `limits`: every bound |
//! | the caller brings arguments | `unix/pool`: [`Pool`], with `unix/owner`; `unix/prepared`: [`Prepared`]; many at once: `unix/call`, with `unix/map` or `unix/imap`; who pulls them: `unix/arguments` |
//! | they are encoded, in the thread that has them | `wire`; large ones: `unix/bytes`, `unix/transfer` and `unix/shm` |
//! | they wait, and so does whoever brings too many | `unix/scheduler/source`, `unix/scheduler/queue` |
//! | somebody drives the scheduler | `unix/drive` waits for workers and limits; who does: `unix/lead`, and `unix/driver` for what nobody waits for; woken by `unix/bell` |
//! | a worker is chosen, and gets a batch | `unix/scheduler`, with `slots`, `job`, `batch` and `flight` |
//! | the batch is sent; silent workers are killed; results come | `unix/scheduler/link`; the wire format: `unix/frame` |
//! | the worker claims, runs and answers | `unix/worker`; `unix/claim_state`: which tasks were begun; `unix/result_frame`; `panics` |
//! | tasks of a dead or slow worker return to the queue | `unix/scheduler/recovery` and `flight`: which, and why |
//! | the outcome is counted, and given away | `unix/scheduler/delivery`, `unix/scheduler/ledger`, `unix/results` |
//! | the caller has it | `unix/handle`: [`Handle`], with `unix/task_state`; `unix/completed`, with `unix/completions`; `unix/imap`: [`Ordered`], [`Unordered`] |
//! | what it says | `failure`: [`Failure`], [`End`]; `history`: [`Stint`]; `observer`: [`Event`]; `stats`: [`Stats`] |
//!
//! The scheduler does no input and output and knows no clock: `unix/scheduler/worker` says what it needs of workers, and
//! `unix/processes` gives it processes. How one comes to be: `unix/start` requests it, from `unix/forkserver` (which forks by
//! `unix/fork`) or as a program of its own (`unix/reexec`); `unix/fd_passing` sends it its descriptors; `unix/child` is its
//! process.

#![warn(missing_docs)]

mod builder;
mod error;
mod failure;
mod history;
pub mod limits;
mod observer;
#[cfg_attr(not(unix), allow(dead_code, reason = "only a worker records them"))]
mod panics;
mod shutdown;
mod stats;
mod task;
#[cfg(unix)]
mod unix;
// Compiled in the tests, too, so that it cannot fall behind.
#[cfg(any(not(unix), test))]
mod unsupported;
pub mod wire;

pub use builder::{Builder, Start};
pub use error::Error;
pub use failure::{End, Failure, WorkerLoss};
pub use history::{Finish, Stint};
pub use observer::Event;
pub use panics::{Location, Panic};
pub use shutdown::{Shutdown, Unfinished};
pub use stats::Stats;
pub use task::Task;
#[cfg(unix)]
pub use unix::{Bytes, Completed, FORKSERVER, Handle, Ordered, Pool, Prepared, Unordered, WORKER, frame, result_frame};
#[cfg(not(unix))]
pub use unsupported::{Bytes, Completed, Handle, Ordered, Pool, Prepared, Unordered};
pub use wire::Unchecked;

use std::sync::atomic::{AtomicBool, Ordering};

/// What [`task!`] expands to.
#[doc(hidden)]
pub mod __private {
    pub use crate::task::{Ran, Run, TASKS};
    pub use linkme;
}

/// The code in the readme files is run as it stands there.
#[cfg(all(unix, doctest))]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../README.ko.md")]
struct Readme;

/// Whether [`init`] was called.
#[cfg_attr(not(unix), allow(dead_code, reason = "only a pool reads it"))]
static INITIALIZED: AtomicBool = AtomicBool::new(false);

/// Must be the first line of `main`: in a worker, which is this program started once more, it runs tasks and never returns.
/// Where `main` is not yours (`#[test]`, doctests), use [`init_before_main!`].
pub fn init() {
    INITIALIZED.store(true, Ordering::Release);
    #[cfg(unix)]
    unix::run_as_child();
}

/// Calls [`init`] before `main`: for tests and doctests, whose `main` is the test harness's. Write it once, outside of
/// functions; nothing else is needed, with `cargo test` and with nextest.
///
/// ```
/// use process_pool::{Pool, task};
///
/// process_pool::init_before_main!();
///
/// # fn main() {
/// let pool = Pool::builder().workers(2).build().unwrap();
/// assert_eq!(pool.map(task!(|n: u64| -> u64 { n * n }), [1, 2, 3]), [Ok(1), Ok(4), Ok(9)]);
/// # }
/// ```
///
/// Linux with glibc, and macOS; elsewhere [`Builder::build`] returns [`Error::NotInitialized`]. A stack overflow in such a
/// worker is [`End::Signal`] 11 and not 6, as Rust's runtime has not been started.
#[macro_export]
macro_rules! init_before_main {
    () => {
        const _: () = {
            extern "C" fn before_main() {
                $crate::init();
            }
            #[cfg(any(all(target_os = "linux", target_env = "gnu"), target_vendor = "apple"))]
            #[used]
            #[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
            static BEFORE_MAIN: extern "C" fn() = before_main;
        };
    };
}
