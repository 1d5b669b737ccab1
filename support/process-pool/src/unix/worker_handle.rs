//! The parent's side of one worker: its set-up, its pipes, its tasks in flight.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Instant;

use rustix::fs::{OFlags, fcntl_setfl};

use crate::Start;
use crate::limits::KEPT_BUFFER;
use crate::unix::batch::{Batch, Pinned};
use crate::unix::child::Child;
use crate::unix::claim_state::Progress;
use crate::unix::fd_passing::{self, Setup};
use crate::unix::frame::Inbox;
use crate::unix::shm::{self, Claims, RemoteArena};
use crate::unix::start::SpawnRequest;

/// A living worker, or one whose death was not noticed yet.
pub struct WorkerHandle {
    /// Dropped before `child`: EOF stops a worker that we may not kill.
    _lifeline: UnixStream,
    /// Its process. It may have ended while a process that it started holds its pipe open.
    pub child: Child,
    /// The non-blocking pipe to it.
    to: File,
    /// The non-blocking pipe from it.
    pub from: File,
    pub inbox: Inbox,
    pub claims: Claims,
    pub memory: Arc<RemoteArena>,
    /// Whether its hello frame has come.
    pub ready: bool,
    /// Unanswered batches, oldest first.
    pub flight: VecDeque<Batch>,
    /// Frames that did not fit into the pipe yet, and how many of their bytes are sent.
    outbox: Vec<u8>,
    written: usize,
    /// Tasks sent to it in total, modulo 2^32.
    pub sent: u32,
    /// Tasks answered by it in total, modulo 2^32.
    pub answered: u32,
    /// Recalled tasks that it has not skipped yet; they are the last that were sent.
    pub recalled: u32,
    /// Its progress and number of answers at the last check that saw a change, and the time of that check.
    pub last_progress: (Progress, u32, Instant),
    /// Whether it wrote something, or got its first task, since the last check.
    pub active: bool,
    /// Shared memory that its tasks still hold although they have ended.
    pub pinned: Pinned,
    /// Why the parent killed it, if it did.
    pub verdict: Option<Verdict>,
}

/// Why a worker was killed by its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The running task is over the time limit.
    TimedOut,
    /// It was stopped (`SIGSTOP`).
    Stopped,
    /// It does not begin its tasks, or does not send its results.
    Silent,
    /// It violated the protocol.
    ProtocolError,
}

/// A worker that was requested and sent its setup, and need not be running yet.
pub struct PendingWorker {
    request: SpawnRequest,
    resources: Resources,
    to: File,
    from: File,
}

/// The setup and the worker's ends of its descriptors.
struct Resources {
    setup: Setup,
    tasks: io::PipeReader,
    results: io::PipeWriter,
    memory: OwnedFd,
}

impl Resources {
    fn send(&self, request: &SpawnRequest, parent_memory: BorrowedFd<'_>) -> io::Result<()> {
        let given = [self.tasks.as_fd(), self.results.as_fd(), parent_memory, self.memory.as_fd()];
        match fd_passing::send(request.line()?, self.setup, given) {
            // If it is dead already, its death is noticed like any other.
            Err(e) if [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset].contains(&e.kind()) => Ok(()),
            sent => sent,
        }
    }
}

impl PendingWorker {
    /// Creates pipes and shared memory for it, and sends the setup.
    pub fn new(
        request: SpawnRequest,
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
        resources.send(&request, parent_memory)?;
        Ok(PendingWorker { request, resources, to, from })
    }

    /// Waits until it runs.
    pub fn wait(self, parent_memory: BorrowedFd<'_>) -> io::Result<WorkerHandle> {
        let PendingWorker { request, resources, to, from } = self;
        let claims = Claims::of(resources.memory.as_fd())?;
        let memory = RemoteArena::new(resources.memory.as_fd(), resources.setup.own_memory)?;
        let (lifeline, child) = request.wait().or_else(|_| {
            // The fork server is unavailable, or was killed meanwhile.
            let request = SpawnRequest::new(Start::Exec)?;
            resources.send(&request, parent_memory)?;
            request.wait()
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
            written: 0,
            sent: 0,
            answered: 0,
            recalled: 0,
            last_progress: (Progress { begun: 0, ended: 0 }, 0, Instant::now()),
            active: false,
            pinned: Pinned::default(),
            verdict: None,
        })
    }
}

impl WorkerHandle {
    /// Its pid.
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// The buffer of frames to be sent.
    pub fn outbox(&mut self) -> &mut Vec<u8> {
        &mut self.outbox
    }

    /// Whether frames wait to be sent.
    pub fn has_unsent(&self) -> bool {
        self.written < self.outbox.len()
    }

    /// The descriptor to poll until it can take more.
    pub fn to(&self) -> BorrowedFd<'_> {
        self.to.as_fd()
    }

    /// Writes what the pipe takes without blocking. A death is noticed when the other pipe closes.
    pub fn flush(&mut self) {
        while self.has_unsent() {
            match self.to.write(&self.outbox[self.written..]) {
                Ok(n) => self.written += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => break,
            }
        }
        self.outbox.clear();
        self.outbox.shrink_to(KEPT_BUFFER);
        self.written = 0;
    }

    /// How many unanswered tasks it has, without the recalled ones.
    pub fn load(&self) -> usize {
        self.flight.iter().map(Batch::left).sum()
    }
}
