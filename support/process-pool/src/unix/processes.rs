//! The scheduler's workers as processes: how they are started, and what is done with them.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use rustix::fs::{OFlags, fcntl_setfl};

use crate::Start;
use crate::failure::End;
use crate::unix::child::Child;
use crate::unix::claim_state::ClaimState;
use crate::unix::clock;
use crate::unix::fd_passing::{self, Setup};
use crate::unix::forkserver::Lease;
use crate::unix::scheduler::worker::{Worker, World};
use crate::unix::shm::{self, Claims, RemoteArena};
use crate::unix::start::SpawnRequest;

/// Starts worker processes.
pub struct Processes {
    how: Start,
    /// How much memory a worker may allocate, in bytes.
    limit: Option<u64>,
    record: bool,
    /// The memory of this process that workers read, and its size.
    memory: (OwnedFd, usize),
    /// Workers that were requested before the pool's memory was there.
    requests: Vec<io::Result<SpawnRequest>>,
    /// Called when a worker should get back what was read of its memory.
    pub when_much_was_read: Arc<OnceLock<Box<dyn Fn() + Send + Sync>>>,
    /// Keeps the fork server alive while workers may have to be started.
    forkserver: Option<Lease>,
}

impl Processes {
    /// Requests so many workers, which start while shared memory is set up.
    pub fn new(count: usize, how: Start, limit: Option<u64>, record: bool) -> io::Result<Processes> {
        let forkserver = Lease::new();
        let requests = (0..count).map(|_| SpawnRequest::new(how)).collect();
        let memory = shm::anonymous()?;
        Ok(Processes {
            how,
            limit,
            record,
            memory,
            requests,
            when_much_was_read: Arc::default(),
            forkserver: Some(forkserver),
        })
    }

    /// The memory of this process that workers read, and its size.
    pub fn memory(&self) -> (BorrowedFd<'_>, usize) {
        (self.memory.0.as_fd(), self.memory.1)
    }
}

impl World for Processes {
    type Worker = WorkerProcess;

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn clock(&self) -> u64 {
        clock::now()
    }

    fn start(&mut self, count: usize) -> Vec<io::Result<WorkerProcess>> {
        let mut requests = std::mem::take(&mut self.requests);
        requests.resize_with(count, || SpawnRequest::new(self.how));
        let memory = self.memory();
        // Send all setups before waiting for the first worker: one after the other took half as long again with two.
        let pending: Vec<_> =
            requests.into_iter().map(|request| PendingWorker::new(request?, memory, self.limit, self.record)).collect();
        let started = pending.into_iter().map(|worker| worker.and_then(|worker| worker.wait(memory.0)));
        let watched = started.inspect(|worker| {
            if let Ok(worker) = worker {
                let call = Arc::clone(&self.when_much_was_read);
                worker.memory.when_much_was_read(move || _ = call.get().map(|call| call()));
            }
        });
        watched.collect()
    }

    fn close(&mut self) {
        self.forkserver = None;
    }
}

/// A worker process, with its pipes.
pub struct WorkerProcess {
    /// Dropped before `child`: EOF stops a worker that we may not kill.
    _lifeline: UnixStream,
    /// It may have ended while a process that it started holds its pipe open.
    child: Child,
    /// The non-blocking pipes to it and from it. Whoever polls them shares them, so that they cannot be closed meanwhile.
    to: Arc<File>,
    from: Arc<File>,
    claims: Claims,
    memory: Arc<RemoteArena>,
}

impl WorkerProcess {
    /// The pipes to it and from it.
    pub fn pipes(&self) -> (&Arc<File>, &Arc<File>) {
        (&self.to, &self.from)
    }
}

impl Worker for WorkerProcess {
    fn pid(&self) -> u32 {
        self.child.pid()
    }

    fn claims(&self) -> &ClaimState {
        &self.claims
    }

    fn last_words(&self) -> Vec<u8> {
        self.claims.words()
    }

    fn memory(&self) -> &Arc<RemoteArena> {
        &self.memory
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        (&*self.from).read(into)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.to).write(bytes)
    }

    fn kill(&mut self) {
        self.child.kill();
    }

    fn has_ended(&self) -> bool {
        self.child.has_ended()
    }

    fn is_stopped(&self) -> bool {
        self.child.is_stopped()
    }

    fn reap(&mut self) -> End {
        self.child.kill_and_reap()
    }

    /// Private memory: `RssAnon` of proc_pid_status(5).
    fn memory_used(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
        Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
    }
}

/// A worker that was requested and sent its setup, and need not be running yet.
struct PendingWorker {
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
    fn new(
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
    fn wait(self, parent_memory: BorrowedFd<'_>) -> io::Result<WorkerProcess> {
        let PendingWorker { request, resources, to, from } = self;
        let claims = Claims::of(resources.memory.as_fd())?;
        let memory = RemoteArena::new(resources.memory.as_fd(), resources.setup.own_memory)?;
        let (lifeline, child) = request.wait().or_else(|_| {
            // The fork server is unavailable, or was killed meanwhile.
            let request = SpawnRequest::new(Start::Exec)?;
            resources.send(&request, parent_memory)?;
            request.wait()
        })?;
        Ok(WorkerProcess { _lifeline: lifeline, child, to: Arc::new(to), from: Arc::new(from), claims, memory })
    }
}
