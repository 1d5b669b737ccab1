//! The pool on Unix. Paths of a task and the files on it: see the layout in the crate's documentation.

mod batch;
mod bell;
mod bytes;
mod call;
mod child;
mod claim_state;
mod clock;
mod dispatch;
mod engine;
mod fd_passing;
mod feed;
mod fork;
mod forkserver;
pub mod frame;
mod jobs;
mod pool;
mod receive;
mod recover;
mod reexec;
pub mod result_frame;
mod shm;
mod start;
mod supervise;
mod sync;
mod transfer;
mod worker;
mod worker_handle;

pub use bytes::Bytes;
pub use pool::{Pool, Unordered};
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
