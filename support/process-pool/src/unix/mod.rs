//! The pool on Unix. Paths of a task and the files on it: see the layout in the crate's documentation.

mod arguments;
mod attention;
mod bell;
mod bytes;
mod call;
mod child;
mod claim_state;
mod clock;
mod completed;
mod completions;
mod drive;
mod driver;
mod fd_passing;
mod fork;
mod forkserver;
pub mod frame;
mod handle;
mod imap;
mod lead;
mod map;
mod owner;
mod pool;
mod prepared;
mod processes;
mod reexec;
mod refill;
pub mod result_frame;
mod results;
mod scheduler;
mod shm;
mod start;
mod sync;
mod task_state;
mod transfer;
mod worker;

pub use bytes::Bytes;
pub use completed::Completed;
pub use handle::Handle;
pub use imap::{Ordered, Unordered};
pub use pool::Pool;
pub use prepared::Prepared;
pub use reexec::{FORKSERVER, WORKER};

/// Runs the worker or the fork server, if this process was started as one; then it never returns.
pub(crate) fn run_as_child() {
    match std::env::args_os().nth(1) {
        Some(first) if first == FORKSERVER => forkserver::serve(),
        Some(first) if first == WORKER => match reexec::leave_stdin() {
            Ok(line) => {
                reexec::set_process_name(c"pool-worker");
                worker::prepare();
                worker::live(line)
            }
            Err(_) => std::process::exit(1),
        },
        _ => {}
    }
}
