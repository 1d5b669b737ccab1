//! A child process: looked at, ended, buried. Whoever started it, and however, it is waited for here and nowhere else.

use rustix::io::retry_on_intr;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, kill_process, kill_process_group, waitid, waitpid,
};

use crate::failure::End;

/// A child of this process that nobody else waits for. It leads its process group.
pub struct Child {
    pid: Pid,
    /// How it ended, once that is known. From then on its number may belong to somebody else.
    end: Option<End>,
}

impl Child {
    /// A child by its number; `None` if it is no child of ours.
    pub fn of(pid: u32) -> Option<Child> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw)?;
        // Looking does not use up the news.
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(pid), look).ok()?;
        Some(Child { pid, end: None })
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Whether somebody has stopped it, without going on.
    pub fn is_stopped(&self) -> bool {
        let look = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.end.is_none() && matches!(waitid(WaitId::Pid(self.pid), look), Ok(Some(status)) if status.stopped())
    }

    /// Whether it has ended. It is not buried by that: as long as it is not, its group keeps its number.
    pub fn has_ended(&self) -> bool {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.end.is_some() || matches!(waitid(WaitId::Pid(self.pid), look), Ok(Some(_)) | Err(_))
    }

    /// Ends it, and all that it has started.
    pub fn kill(&self) {
        if self.end.is_none() {
            kill_group(self.pid());
            let _ = kill_process(self.pid, Signal::KILL);
        }
    }

    /// Ends it, if it has not ended by itself, and waits for that.
    pub fn kill_and_reap(&mut self) -> End {
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

/// A child that nobody needs any more.
impl Drop for Child {
    fn drop(&mut self) {
        self.kill_and_reap();
    }
}
