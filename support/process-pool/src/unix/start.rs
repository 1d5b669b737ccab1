//! Starts workers: forked from the fork server, or as this program executed again.

use std::io;
use std::os::unix::net::UnixStream;

use crate::Start;
use crate::unix::child::Child;
use crate::unix::reexec::{self, WORKER};
use crate::unix::{fork, forkserver};

/// A requested worker, which need not be running yet.
pub struct SpawnRequest {
    /// The worker's setup goes over this socket; when our end is closed, the worker ends. `None` once it was handed
    /// over.
    line: Option<UnixStream>,
    process: Process,
}

enum Process {
    /// Started as a program.
    Started(Child),
    /// Requested from the fork server with this ID.
    Requested(u64),
    /// Handed over to the caller of [`SpawnRequest::wait`].
    Taken,
}

impl SpawnRequest {
    /// Requests a worker in the given way, or as a program if forking fails.
    pub fn new(start: Start) -> io::Result<SpawnRequest> {
        if start == Start::Fork && fork::CAN_FORK {
            let (line, theirs) = UnixStream::pair()?;
            if let Ok(server) = forkserver::request(&theirs) {
                return Ok(SpawnRequest { line: Some(line), process: Process::Requested(server) });
            }
        }
        let (line, theirs) = UnixStream::pair()?;
        let process = reexec::program(WORKER, theirs)?;
        Ok(SpawnRequest { line: Some(line), process: Process::Started(process) })
    }

    /// The socket to it.
    pub fn line(&self) -> io::Result<&UnixStream> {
        self.line.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Waits until it runs.
    pub fn wait(mut self) -> io::Result<(UnixStream, Child)> {
        let line = self.line.take().ok_or(io::ErrorKind::NotConnected)?;
        match std::mem::replace(&mut self.process, Process::Taken) {
            Process::Started(process) => Ok((line, process)),
            Process::Requested(server) => forkserver::receive_worker(&line, server).map(|process| (line, process)),
            Process::Taken => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

/// A worker forked for a dropped request is still our child and must be waited for.
impl Drop for SpawnRequest {
    fn drop(&mut self) {
        if let (Some(line), Process::Requested(server)) = (self.line.take(), &self.process) {
            drop(forkserver::receive_worker(&line, *server));
        }
    }
}
