//! One worker process as its parent sees it: started, written to, read from, buried.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Instant;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::WORKER;
use super::batch::Batch;
use super::failure::End;
use super::frame::Inbox;
use super::handover::{self, Setup};
use super::shm::{self, Block, Claims, Foreign, Progress};

/// A living worker, or one whose death has not been noticed.
pub struct Worker {
    child: Child,
    /// Whether it was waited for.
    buried: bool,
    /// To it, never waiting.
    to: File,
    /// From it, never waiting either.
    pub from: File,
    /// Closed by our end, in whatever way: then it ends too.
    _lifeline: UnixStream,
    pub inbox: Inbox,
    pub claims: Claims,
    pub memory: Arc<Foreign>,
    /// Whether it has said its first word.
    pub ready: bool,
    /// What it has been given and has not answered, in order.
    pub flight: VecDeque<Batch>,
    /// Frames that did not fit into the pipe yet, and how much of them has gone.
    outbox: Vec<u8>,
    gone: usize,
    /// Tasks given to it in all, modulo 2^32.
    pub sent: u32,
    /// Tasks that it has answered in all, modulo 2^32.
    pub answered: u32,
    /// Tasks at the end of what was sent that it must not begin any more, and has not passed over yet.
    pub recalled: u32,
    /// How far it was when it was last looked at, with how many answers, and since when it has been there.
    pub seen: (Progress, u32, Instant),
    /// Whether it has been heard, or given its first task, since it was last looked at: it was not still then.
    pub heard: bool,
    /// Memory that a task of its still holds though it has ended.
    pub pinned: Vec<Arc<Block>>,
    /// Whether the parent has killed it, and why.
    pub verdict: Option<Verdict>,
}

/// Why a worker was killed by its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The task that runs has had its time.
    TimedOut,
    /// Somebody has stopped it (`SIGSTOP`), and it cannot know.
    Stopped,
    /// It does not begin what it is given, or does not tell what it has done.
    Silent,
    /// It said what no worker says.
    Garbage,
}

impl Worker {
    /// Starts one.
    pub fn start(parent_memory: (BorrowedFd<'_>, usize), limit: Option<u64>, record: bool) -> io::Result<Worker> {
        let (lifeline, theirs) = UnixStream::pair()?;
        let (tasks, to) = io::pipe()?;
        let (from, results) = io::pipe()?;
        let (memory, own_memory) = shm::anonymous()?;
        let (to, from) = (File::from(OwnedFd::from(to)), File::from(OwnedFd::from(from)));
        for end in [&to, &from] {
            fcntl_setfl(end, fcntl_getfl(end)? | OFlags::NONBLOCK)?;
        }
        let claims = Claims::of(memory.as_fd())?;
        let foreign = Foreign::new(memory.as_fd(), own_memory)?;
        let child = command()?.stdin(OwnedFd::from(theirs)).spawn()?;
        let now = Instant::now();
        let worker = Worker {
            child,
            buried: false,
            to,
            from,
            _lifeline: lifeline,
            inbox: Inbox::default(),
            claims,
            memory: foreign,
            ready: false,
            flight: VecDeque::new(),
            outbox: Vec::new(),
            gone: 0,
            sent: 0,
            answered: 0,
            recalled: 0,
            seen: (Progress { begun: 0, ended: 0 }, 0, now),
            heard: false,
            pinned: Vec::new(),
            verdict: None,
        };
        let setup = Setup { parent_memory: parent_memory.1, own_memory, limit, record };
        let given = [tasks.as_fd(), results.as_fd(), parent_memory.0, memory.as_fd()];
        // If it is dead already, that is noticed like any other death.
        let _ = handover::send(&worker._lifeline, setup, given);
        Ok(worker)
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Appends a frame to what is to be sent.
    pub fn outbox(&mut self) -> &mut Vec<u8> {
        &mut self.outbox
    }

    /// Whether something waits to be sent.
    pub fn has_mail(&self) -> bool {
        self.gone < self.outbox.len()
    }

    /// For waiting until it can take more.
    pub fn to(&self) -> BorrowedFd<'_> {
        self.to.as_fd()
    }

    /// Sends what the pipe takes without waiting. That it has died is noticed when its end of the other pipe closes.
    pub fn post(&mut self) {
        while self.has_mail() {
            match self.to.write(&self.outbox[self.gone..]) {
                Ok(n) => self.gone += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => break,
            }
        }
        self.outbox.clear();
        self.gone = 0;
    }

    /// How many tasks it has that are not answered; those that were taken back are not among them.
    pub fn load(&self) -> usize {
        self.flight.iter().map(Batch::left).sum()
    }

    /// Whether somebody has stopped it, without going on.
    pub fn is_stopped(&self) -> bool {
        use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
        // Looking does not use up the news: that would confuse whoever else waits for our children.
        let look = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        pid.is_some_and(|pid| matches!(waitid(WaitId::Pid(pid), look), Ok(Some(status)) if status.stopped()))
    }

    /// Whether it has ended, though its pipe may be held open by a process that it started.
    pub fn has_ended(&mut self) -> bool {
        self.buried |= matches!(self.child.try_wait(), Ok(Some(_)) | Err(_));
        self.buried
    }

    /// Ends it, and all that its tasks have started.
    pub fn kill(&mut self) {
        // The group keeps its number as long as its leader is not buried; `try_wait` may have done that already.
        if !self.buried {
            lab::lifeline::kill_group(self.child.id());
            let _ = self.child.kill();
        }
    }

    /// Waits for its end, which must have come or been brought about, and leaves nothing of it.
    pub fn bury(&mut self) -> End {
        self.kill();
        self.buried = true;
        match self.child.wait() {
            Ok(status) => status.signal().map(End::Signal).or(status.code().map(End::Code)).unwrap_or(End::Unknown),
            Err(_) => End::Unknown,
        }
    }
}

/// A worker that nobody needs any more.
impl Drop for Worker {
    fn drop(&mut self) {
        self.bury();
    }
}

/// This very program, even if its file has been replaced or deleted meanwhile.
fn command() -> io::Result<Command> {
    let mut command =
        if cfg!(target_os = "linux") { Command::new("/proc/self/exe") } else { Command::new(std::env::current_exe()?) };
    if let Some(name) = std::env::args_os().next() {
        command.arg0(name);
    }
    // A group of its own: Ctrl-C in the terminal reaches the parent alone.
    command.arg(WORKER).process_group(0);
    Ok(command)
}
