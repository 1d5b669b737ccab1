//! `kill -9`, for experiments that kill workers.

/// Whether there was such a process, and it could be killed.
#[cfg(unix)]
pub fn kill_9(pid: u32) -> bool {
    use rustix::process::{Pid, Signal, kill_process};
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
}

#[cfg(not(unix))]
pub fn kill_9(_: u32) -> bool {
    false
}
