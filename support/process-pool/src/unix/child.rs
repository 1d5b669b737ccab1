//! A child process: queried, killed, reaped. Children of the pool are waited for here and nowhere else.

use std::process;

use rustix::io::retry_on_intr;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, kill_process, kill_process_group, waitid, waitpid,
};

use crate::failure::End;

/// A child of this process that nobody else waits for. It leads its process group.
pub struct Child {
    pid: Pid,
    /// How it ended, once it was reaped. From then on its pid may be reused.
    end: Option<End>,
    /// Whose child it is: a fork of that process has this value as well, but not this child.
    parent: u32,
}

impl Child {
    /// A child by its pid; `None` if it is not our child.
    pub fn of(pid: u32) -> Option<Child> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw)?;
        // NOWAIT leaves the status in place for the real wait.
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(pid), look).ok()?;
        Some(Child { pid, end: None, parent: process::id() })
    }

    /// Its pid.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Whether it is stopped (`SIGSTOP`).
    pub fn is_stopped(&self) -> bool {
        let look = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.end.is_none() && matches!(waitid(WaitId::Pid(self.pid), look), Ok(Some(status)) if status.stopped())
    }

    /// Whether it has ended. It is not reaped, so its pid and group stay reserved.
    pub fn has_ended(&self) -> bool {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.end.is_some() || matches!(waitid(WaitId::Pid(self.pid), look), Ok(Some(_)) | Err(_))
    }

    /// Kills it and all processes of its group.
    pub fn kill(&self) {
        if self.end.is_none() && self.parent == process::id() {
            kill_group(self.pid());
            let _ = kill_process(self.pid, Signal::KILL);
        }
    }

    /// Kills it if it still runs, and waits for it.
    pub fn kill_and_reap(&mut self) -> End {
        if self.parent != process::id() {
            return End::Unknown;
        }
        self.kill();
        let pid = self.pid;
        *self.end.get_or_insert_with(|| match retry_on_intr(|| waitpid(Some(pid), WaitOptions::empty())) {
            Ok(Some((_, status))) => end(status),
            _ => End::Unknown,
        })
    }
}

fn end(status: WaitStatus) -> End {
    status.terminating_signal().map(End::Signal).or(status.exit_status().map(End::Code)).unwrap_or(End::Unknown)
}

/// Kills every process of a group. It is not an error if none is left.
pub fn kill_group(leader: u32) {
    if let Some(pid) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

/// A child that is no longer needed is killed.
impl Drop for Child {
    fn drop(&mut self) {
        self.kill_and_reap();
    }
}
