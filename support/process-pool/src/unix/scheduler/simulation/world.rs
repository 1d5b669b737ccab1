//! The parent's side of the models: what the scheduler starts, reads, writes and kills.

use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use super::process::{Process, Universe};
use crate::failure::End;
use crate::unix::claim_state::ClaimState;
use crate::unix::scheduler::worker::{Worker, World};
use crate::unix::shm::RemoteArena;

/// Shared by the world, its workers and the run.
pub type Shared = Rc<RefCell<Universe>>;

/// A worker as the parent sees it.
pub struct SimWorker {
    pub process: Rc<RefCell<Process>>,
    claims: Arc<ClaimState>,
    memory: Arc<RemoteArena>,
    universe: Shared,
}

impl Worker for SimWorker {
    fn pid(&self) -> u32 {
        self.process.borrow().pid
    }

    fn claims(&self) -> &ClaimState {
        &self.claims
    }

    fn last_words(&self) -> Vec<u8> {
        self.process.borrow().words.clone()
    }

    fn memory(&self) -> &Arc<RemoteArena> {
        &self.memory
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let (mut process, mut universe) = (self.process.borrow_mut(), self.universe.borrow_mut());
        if !process.is_readable() {
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(process.from.read(into, &mut universe))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (mut process, mut universe) = (self.process.borrow_mut(), self.universe.borrow_mut());
        if process.end.is_some() {
            return Err(ErrorKind::BrokenPipe.into());
        }
        process.to.write(bytes, &mut universe)
    }

    fn kill(&mut self) {
        self.process.borrow_mut().kill(&mut self.universe.borrow_mut());
    }

    fn has_ended(&self) -> bool {
        self.process.borrow().end.is_some()
    }

    fn is_stopped(&self) -> bool {
        let process = self.process.borrow();
        process.is_stopped && process.end.is_none()
    }

    fn reap(&mut self) -> End {
        self.kill();
        let mut process = self.process.borrow_mut();
        process.is_reaped = true;
        process.end.expect("it was killed")
    }

    fn memory_used(&self) -> Option<u64> {
        Some(self.process.borrow().memory)
    }
}

/// Starts models.
pub struct SimWorld {
    pub universe: Shared,
    pub base: Instant,
    pub memory: Arc<RemoteArena>,
}

impl SimWorld {
    fn start_one(&self) -> io::Result<SimWorker> {
        let mut universe = self.universe.borrow_mut();
        let scarce = universe.troubles.start;
        if universe.random.chance(scarce) {
            universe.seen.note("starts that failed");
            return Err(io::Error::other("no more processes"));
        }
        let pid = universe.processes.len() as u32 + 1;
        let process = Process::new(pid, &mut universe);
        let claims = Arc::clone(&process.claims);
        let process = Rc::new(RefCell::new(process));
        universe.processes.push(Rc::clone(&process));
        Ok(SimWorker { process, claims, memory: Arc::clone(&self.memory), universe: Rc::clone(&self.universe) })
    }
}

impl World for SimWorld {
    type Worker = SimWorker;

    fn now(&self) -> Instant {
        self.base + self.universe.borrow().now
    }

    fn clock(&self) -> u64 {
        self.universe.borrow().now.as_nanos() as u64
    }

    fn start(&mut self, count: usize) -> Vec<io::Result<SimWorker>> {
        (0..count).map(|_| self.start_one()).collect()
    }
}
