//! Runs a program that somebody else wrote: with limits, and with nothing of it left when it has ended.
//!
//! Every run has a supervisor, a process of this same program, which does not depend on what the submission does:
//!
//! ```text
//! grader ── supervisor (own group, subreaper) ── start (sets limits on itself, then exec) = the submission ── its children
//! ```
//!
//! - A process that calls `setsid` and forks twice loses its parent, and the kernel gives it to the nearest subreaper: the
//!   supervisor. So it stays a descendant, and is found in /proc and killed.
//! - The supervisor holds the reading end of a pipe from the grader. If the grader ends, even by `kill -9`, everything ends.
//! - The limits are set by the process that becomes the submission, before `exec`: no `pre_exec` and so no `unsafe`.
//!
//! As root, each submission has a uid of its own: `RLIMIT_NPROC` then counts its processes alone, and it may not read what is
//! not its own. Where the kernel has Landlock, it also writes in its own folder alone, reads only the tools that it needs,
//! and sends signals to its own processes alone. [`Guards`] says what was there. This limits accidents and simple
//! attacks; it is not a sandbox: the network is open, and so is the kernel.

#[cfg(target_os = "linux")]
mod descendants;
mod ended;
#[cfg(target_os = "linux")]
mod fence;
mod folder;
#[cfg(target_os = "linux")]
mod inherited;
mod job;
#[cfg(not(target_os = "linux"))]
mod plain;
mod rules;
#[cfg(target_os = "linux")]
mod start;
mod stop;
#[cfg(target_os = "linux")]
mod supervise;
mod user;

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use lab::Result;

pub use ended::{Ended, Fence, Guards, How};
pub use folder::{is_link, make_own, read_result, remove};
pub use job::{START, SUPERVISE, find_program, supervised_by};
pub use rules::Limits;
pub use stop::{INTERRUPTED, is_stopped, stop_all, stop_on_ctrl_c, stopped};
pub use user::own_user;

use job::Job;

/// Runs a command under limits. Its program, arguments, environment variables and folder are taken from `command`; nothing
/// else of the grader's environment is passed on. Its standard input is empty. A run that Ctrl-C ended is an error, as [`stopped`] tells it.
pub fn run_limited(command: &Command, limits: &Limits) -> Result<Ended> {
    let job = Job::new(command, limits)?;
    #[cfg(target_os = "linux")]
    return supervise::run(job);
    #[cfg(not(target_os = "linux"))]
    plain::run(job)
}

/// The hidden subcommands: `Some` if `args`, without the program's name, are one of them. Called first in `main`, before any
/// thread exists.
pub fn hidden(args: &[OsString]) -> Option<ExitCode> {
    match args.first()?.to_str()? {
        #[cfg(target_os = "linux")]
        SUPERVISE => Some(supervise::main()),
        #[cfg(target_os = "linux")]
        START => Some(start::main(&args[1..])),
        _ => None,
    }
}
