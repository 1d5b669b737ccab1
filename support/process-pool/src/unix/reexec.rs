//! Starting this program again, as a worker or as the fork server.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::unix::child::Child;

/// The first argument of a worker that is started as a program.
pub const WORKER: &str = "__pool-worker";
/// The first argument of the fork server, and so of the workers forked from it.
pub const FORKSERVER: &str = "__pool-forkserver";

/// Starts this program again, even if its file was replaced or deleted meanwhile, with `line` as its standard input.
pub fn program(part: &str, line: UnixStream) -> io::Result<Child> {
    let mut command =
        if cfg!(target_os = "linux") { Command::new("/proc/self/exe") } else { Command::new(std::env::current_exe()?) };
    if let Some(name) = std::env::args_os().next() {
        command.arg0(name);
    }
    // Its own process group: Ctrl-C in the terminal reaches the parent alone.
    let child = command.arg(part).process_group(0).stdin(OwnedFd::from(line)).spawn()?;
    Child::of(child.id()).ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// In the new process: moves the line away from standard input, where tasks and their children would find it.
pub fn leave_stdin() -> io::Result<UnixStream> {
    let line = io::stdin().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(line.into())
}

/// Sets the name that `ps` and `top` show, as all processes of the pool are the same program. At most 15 bytes.
pub fn set_process_name(name: &CStr) {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::set_name(name);
    #[cfg(not(target_os = "linux"))]
    let _ = name;
}
