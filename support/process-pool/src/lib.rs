//! A pool of worker processes that loses nothing: every task ends with its value or with a named [`Failure`].
//!
//! ```no_run
//! use process_pool::{Pool, Run, Task};
//!
//! static SQUARE: Task<u64, u64> = Task::new("square", |n| n * n);
//! static TASKS: &[&dyn Run] = &[&SQUARE];
//!
//! fn main() -> Result<(), process_pool::Error> {
//!     process_pool::init(TASKS); // first of all: workers are this program, started once more
//!     let mut pool = Pool::builder().workers(2).build()?;
//!     let squares = pool.map(&SQUARE, 0..1000);
//!     assert_eq!(squares[999], Ok(998_001));
//!     Ok(())
//! }
//! ```
//!
//! **At least once.** A task whose worker dies is begun again, by another worker, up to [`Builder::retries`] times; what it did
//! before it died has been done. Results are delivered once. A task that must not run twice needs `retries(0)`: then it is
//! given to a worker alone, and is reported when that dies. Only the task that a worker had begun is blamed for its death;
//! those that waited behind it do not notice.
//!
//! **How.** Each worker has a pair of pipes of its own; there is no lock that it could die with. The parent alone knows who
//! has what ([`Pool`] is `&mut`: one caller at a time). Batches are sized by what tasks take; what a slow task keeps waiting is
//! taken back for those that are idle. Values from 64 KiB on go through shared memory, see [`Bytes`]. Workers are copies of a
//! process that has done nothing yet, not of their parent, which may have threads, see [`Start`].
//!
//! **Where.** Linux, and by design macOS. What Windows needs: a job object instead of process groups, inherited handles
//! instead of a socket, a section instead of `memfd`. There [`Builder::build`] says that it cannot.

#[cfg(unix)]
mod batch;
mod builder;
#[cfg(unix)]
mod bytes;
#[cfg(unix)]
mod child;
#[cfg(unix)]
mod clock;
#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod engine;
#[cfg(unix)]
mod errands;
mod error;
mod failure;
#[cfg(unix)]
mod fate;
#[cfg(unix)]
mod forkserver;
#[cfg(unix)]
pub mod frame;
#[cfg(unix)]
mod give;
#[cfg(unix)]
mod handover;
mod history;
pub mod limits;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod shm;
#[cfg(unix)]
mod start;
#[cfg(unix)]
mod sync;
#[cfg(unix)]
mod system;
mod task;
#[cfg(unix)]
pub mod told;
#[cfg(unix)]
mod typed;
#[cfg(unix)]
mod watch;
#[cfg(unix)]
mod words;
#[cfg(unix)]
mod worker;

use std::sync::OnceLock;

pub use builder::{Builder, Start};
#[cfg(unix)]
pub use bytes::Bytes;
#[cfg(not(unix))]
pub use elsewhere::{Bytes, Pool, Unordered};
pub use error::Error;
pub use failure::{End, Failure, WorkerLoss};
pub use history::{Finish, Stint};
pub use task::{Ran, Run, Task};
#[cfg(unix)]
pub use typed::{Pool, Unordered};

/// The first argument of a worker that is started as a program.
pub const WORKER: &str = "__pool-worker";
/// The first argument of the fork server, and so of the workers that are its copies.
pub const FORKSERVER: &str = "__pool-forkserver";

/// The tasks that this program knows, once [`init`] was called.
static KNOWN: OnceLock<&'static [&'static dyn Run]> = OnceLock::new();

/// Must be the first line of `main`: in a worker it never returns. Everywhere else it notes which tasks there are; two with the
/// same name are a mistake, of which the first is taken.
pub fn init(tasks: &'static [&'static dyn Run]) {
    // A second call changes nothing: workers know the first.
    let _ = KNOWN.set(tasks);
    #[cfg(unix)]
    match std::env::args_os().nth(1) {
        Some(first) if first == FORKSERVER => forkserver::serve(tasks),
        Some(first) if first == WORKER => match start::leave_stdin() {
            Ok(line) => {
                start::call_it(c"pool-worker");
                worker::prepare();
                worker::live(tasks, line)
            }
            Err(_) => std::process::exit(1),
        },
        _ => {}
    }
}
