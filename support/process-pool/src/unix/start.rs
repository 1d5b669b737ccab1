//! How a worker comes to be: as a copy of the fork server, or as this program started anew.

use std::io;
use std::os::unix::net::UnixStream;

use crate::Start;
use crate::unix::child::Child;
use crate::unix::reexec::{self, WORKER};
use crate::unix::{fork, forkserver};

/// A worker that has been asked for, and need not be there yet.
pub struct SpawnRequest {
    /// Inline it is told what it needs, and when our end is closed, in whatever transfer, it ends. Shared until it is taken.
    line: Option<UnixStream>,
    process: Process,
}

enum Process {
    /// Started as a program.
    Known(Child),
    /// SpawnRequest for at this fork server.
    Awaited(u64),
    /// It is in somebody else's hands now.
    Taken,
}

impl SpawnRequest {
    /// Asks for one, in the transfer that is wanted, or in the other if that one is not to be had.
    pub fn new(start: Start) -> io::Result<SpawnRequest> {
        if start == Start::Fork && fork::CAN_FORK {
            let (line, theirs) = UnixStream::pair()?;
            if let Ok(server) = forkserver::request(&theirs) {
                return Ok(SpawnRequest { line: Some(line), process: Process::Awaited(server) });
            }
        }
        let (line, theirs) = UnixStream::pair()?;
        let process = reexec::program(WORKER, theirs)?;
        Ok(SpawnRequest { line: Some(line), process: Process::Known(process) })
    }

    /// The line to it.
    pub fn line(&self) -> io::Result<&UnixStream> {
        self.line.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Waits until it is there.
    pub fn arrive(mut self) -> io::Result<(UnixStream, Child)> {
        let line = self.line.take().ok_or(io::ErrorKind::NotConnected)?;
        match std::mem::replace(&mut self.process, Process::Taken) {
            Process::Known(process) => Ok((line, process)),
            Process::Awaited(server) => forkserver::receive_worker(&line, server).map(|process| (line, process)),
            Process::Taken => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

/// Nobody needs it any more. A copy of the fork server is our child all the same, and must be waited for.
impl Drop for SpawnRequest {
    fn drop(&mut self) {
        if let (Some(line), Process::Awaited(server)) = (self.line.take(), &self.process) {
            drop(forkserver::receive_worker(&line, *server));
        }
    }
}
