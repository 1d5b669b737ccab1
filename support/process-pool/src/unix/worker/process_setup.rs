//! What a worker sets up for its whole process: its end with its parent, its panic handler, its standard output.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::process;
use std::sync::OnceLock;
use std::thread;

use crate::panics::{self, Panic};
use crate::unix::child::kill_group;
use crate::unix::fork;
use crate::unix::result_frame;
use crate::unix::shm::Claims;

/// For the panic handler, too.
static CLAIMS: OnceLock<Claims> = OnceLock::new();

/// Keeps the claims for as long as this process lives.
pub(super) fn keep(claims: Claims) -> &'static Claims {
    CLAIMS.get_or_init(|| claims)
}

/// From now on this worker ends with its parent, also in the middle of a task, and with all that its tasks have
/// started.
pub(super) fn end_with_parent(mut line: UnixStream) -> io::Result<()> {
    if fork::kill_on_hangup(&line)? {
        std::mem::forget(line); // keeps the socket open for the life of this process
        return Ok(());
    }
    let watch = move || {
        while matches!(line.read(&mut [0]), Ok(n) if n > 0) {}
        // The worker leads its group. `abort` runs no destructors: the interrupted task may hold locks.
        kill_group(process::id());
        process::abort();
    };
    thread::Builder::new().stack_size(64 << 10).spawn(watch).map(drop)
}

/// To be done once before [`live`](super::live); the fork server does it for all workers that it forks.
pub fn prepare() {
    // Before `main`, Rust's runtime has not done this.
    fork::ignore_broken_pipes();
    // Initialize stdout before forking.
    let _ = io::stdout();
    panics::record(leave_words);
}

/// If the panic ends this process, that is what the parent hears of it.
fn leave_words(panic: &Panic) {
    if let Some(claims) = CLAIMS.get() {
        claims.leave_words(&result_frame::short_panic(panic));
    }
}
