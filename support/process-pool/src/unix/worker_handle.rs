//! One worker as its parent sees it: set up, written to, read from.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Instant;

use rustix::fs::{OFlags, fcntl_setfl};

use crate::Start;
use crate::unix::batch::Batch;
use crate::unix::child::Child;
use crate::unix::claim_state::Progress;
use crate::unix::fd_passing::{self, Setup};
use crate::unix::frame::Inbox;
use crate::unix::shm::{self, Block, Claims, RemoteArena};
use crate::unix::start::SpawnRequest;

/// A living worker, or one whose death has not been noticed.
pub struct WorkerHandle {
    /// Closed by our end, in whatever transfer: then it ends too, even if we may not kill it. So before its process.
    _lifeline: UnixStream,
    /// Its process. It may have ended while its pipe is held open by a process that it started.
    pub child: Child,
    /// To it, never waiting.
    to: File,
    /// From it, never waiting either.
    pub from: File,
    pub inbox: Inbox,
    pub claims: Claims,
    pub memory: Arc<RemoteArena>,
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
    ProtocolError,
}

/// A worker that has been asked for and told what it resources, and need not be there yet.
pub struct PendingWorker {
    asked: SpawnRequest,
    resources: Resources,
    to: File,
    from: File,
}

/// What a worker is told.
struct Resources {
    setup: Setup,
    tasks: io::PipeReader,
    results: io::PipeWriter,
    memory: OwnedFd,
}

impl Resources {
    fn tell(&self, asked: &SpawnRequest, parent_memory: BorrowedFd<'_>) -> io::Result<()> {
        let given = [self.tasks.as_fd(), self.results.as_fd(), parent_memory, self.memory.as_fd()];
        match fd_passing::send(asked.line()?, self.setup, given) {
            // If it is dead already, that is noticed like any other death.
            Err(e) if [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset].contains(&e.kind()) => Ok(()),
            told => told,
        }
    }
}

impl PendingWorker {
    /// Makes pipes and memory for it, and tells it so.
    pub fn new(
        asked: SpawnRequest,
        (parent_memory, size): (BorrowedFd<'_>, usize),
        limit: Option<u64>,
        record: bool,
    ) -> io::Result<PendingWorker> {
        let (tasks, to) = io::pipe()?;
        let (from, results) = io::pipe()?;
        let (memory, own_memory) = shm::anonymous()?;
        let (to, from) = (File::from(OwnedFd::from(to)), File::from(OwnedFd::from(from)));
        for end in [&to, &from] {
            fcntl_setfl(end, OFlags::NONBLOCK)?;
        }
        let setup = Setup { parent_memory: size, own_memory, limit, record };
        let resources = Resources { setup, tasks, results, memory };
        resources.tell(&asked, parent_memory)?;
        Ok(PendingWorker { asked, resources, to, from })
    }

    /// Waits until it is there.
    pub fn arrive(self, parent_memory: BorrowedFd<'_>) -> io::Result<WorkerHandle> {
        let PendingWorker { asked, resources, to, from } = self;
        let claims = Claims::of(resources.memory.as_fd())?;
        let memory = RemoteArena::new(resources.memory.as_fd(), resources.setup.own_memory)?;
        let (lifeline, child) = asked.arrive().or_else(|_| {
            // Shared is no fork server, or it was killed meanwhile.
            let asked = SpawnRequest::new(Start::Exec)?;
            resources.tell(&asked, parent_memory)?;
            asked.arrive()
        })?;
        Ok(WorkerHandle {
            child,
            to,
            from,
            _lifeline: lifeline,
            inbox: Inbox::default(),
            claims,
            memory,
            ready: false,
            flight: VecDeque::new(),
            outbox: Vec::new(),
            gone: 0,
            sent: 0,
            answered: 0,
            recalled: 0,
            seen: (Progress { begun: 0, ended: 0 }, 0, Instant::now()),
            heard: false,
            pinned: Vec::new(),
            verdict: None,
        })
    }
}

impl WorkerHandle {
    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// Appends a frame to what is to be sent.
    pub fn outbox(&mut self) -> &mut Vec<u8> {
        &mut self.outbox
    }

    /// Whether something waits to be sent.
    pub fn has_unsent(&self) -> bool {
        self.gone < self.outbox.len()
    }

    /// For waiting until it can take more.
    pub fn to(&self) -> BorrowedFd<'_> {
        self.to.as_fd()
    }

    /// Sends what the pipe takes without waiting. That it has died is noticed when its end of the other pipe closes.
    pub fn flush(&mut self) {
        while self.has_unsent() {
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
}
