//! The worker: reads tasks, runs them and writes results, until its parent closes the pipe or is gone.

mod ledger;
mod pace;
mod process_setup;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process;
use std::sync::Arc;

use crate::limits::{self, BATCH_BYTES, BatchLimit, IDLE_TIME, KEPT_BUFFER, LARGE, LONGEST_FRAME};
use crate::panics;
use crate::task::{self, Ran, Run};
use crate::unix::child::kill_group;
use crate::unix::clock;
use crate::unix::fd_passing;
use crate::unix::fork;
use crate::unix::frame::{self, Inbox, Kind, ProtocolError, Reader, ValueLocation};
use crate::unix::result_frame::{self, Ready, ResultKind, Summary, TaskResult};
use crate::unix::shm::{Arena, Block, Claims, RemoteArena};
use crate::unix::transfer::{Lendings, TransferContext, TransferScope};
use ledger::Ledger;
use pace::Pace;
pub use process_setup::prepare;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Exit code of a worker that cannot go on.
pub const EXIT_FAILED: i32 = 1;

/// The whole life of a worker, on this line. An error outside a task has nobody to report to: the worker ends.
pub fn live(line: UnixStream) -> ! {
    let Ok(mut worker) = Worker::start(&line) else { process::exit(EXIT_FAILED) };
    let _ = process_setup::end_with_parent(line).and_then(|()| worker.send_hello()).and_then(|()| worker.work());
    // The parent has gone or violates the protocol: kill the whole group, which this worker leads, with all that tasks
    // have started.
    kill_group(process::id());
    process::exit(EXIT_FAILED)
}

/// The longest value that fits into a frame behind the results that may be in it already.
const LONGEST_VALUE: usize = LONGEST_FRAME - 2 * BATCH_BYTES;

struct Worker {
    tasks: &'static [&'static dyn Run],
    from: File,
    to: File,
    claims: &'static Claims,
    record: bool,
    parent: Arc<RemoteArena>,
    own: Arc<Arena>,
    memory: Ledger,
    transfer: TransferScope,
    /// How many tasks have come so far, modulo 2^32.
    next: u32,
    /// Encoded results that were not sent yet.
    results: Vec<u8>,
    /// The head of the next results frame.
    summary: Summary,
    /// One encoded value.
    value: Vec<u8>,
    /// One frame.
    frame: Vec<u8>,
    pace: Pace,
    /// Whether there may be much memory to give back when there is nothing to do.
    spare_memory: bool,
}

impl Worker {
    fn start(lifeline: &UnixStream) -> io::Result<Worker> {
        let (setup, given) = fd_passing::receive(lifeline)?;
        let map = Claims::of(given.own_memory.as_fd())?;
        let claims = process_setup::keep(map);
        let own = Arena::new(given.own_memory.as_fd(), setup.own_memory)?;
        let parent = RemoteArena::new(given.parent_memory.as_fd(), setup.parent_memory)?;
        limits::apply(setup.limit)?;
        claims.leave_to_this_process();
        let transfer = TransferContext {
            foreign: Some(Arc::clone(&parent)),
            lendings: Lendings::Found(Vec::new()),
            ..TransferContext::encode(&own)
        };
        Ok(Worker {
            tasks: task::registered(),
            from: given.tasks,
            to: given.results,
            claims,
            record: setup.record,
            parent,
            own,
            memory: Ledger::default(),
            transfer: TransferScope::new(transfer),
            next: 0,
            results: Vec::new(),
            summary: Summary { done: 0, skipped: 0, ns: 0 },
            value: Vec::new(),
            frame: Vec::new(),
            pace: Pace::new(),
            spare_memory: false,
        })
    }

    /// Sends the hello frame, which identifies this program.
    fn send_hello(&mut self) -> io::Result<()> {
        frame::begin(&mut self.frame, Kind::Hello);
        self.frame.extend(frame::hello(self.tasks.iter().map(|task| task.name())));
        self.send()
    }

    fn work(&mut self) -> io::Result<()> {
        let mut inbox = Inbox::default();
        let mut is_first = true;
        loop {
            self.give_memory_back_when_idle();
            if inbox.fill(&mut self.from)? == 0 {
                return Ok(());
            }
            while let Some((kind, body)) = inbox.frame().map_err(protocol_error)? {
                match kind {
                    Kind::Init if is_first => self.initialize(inbox.body(body))?,
                    Kind::Batch => self.run_batch(inbox.body(body))?,
                    _ => return Err(protocol_error(ProtocolError)),
                }
                is_first = false;
            }
            self.spare_memory |= inbox.memory() > KEPT_BUFFER;
            inbox.trim();
        }
    }

    /// An idle worker must not be what the kernel kills when memory is short.
    fn give_memory_back_when_idle(&mut self) {
        if !std::mem::take(&mut self.spare_memory) {
            return;
        }
        let limit = Timespec::try_from(IDLE_TIME).ok();
        let mut polled = [PollFd::new(&self.from, PollFlags::IN)];
        if matches!(poll(&mut polled, limit.as_ref()), Ok(0)) {
            self.own.trim();
            fork::trim_heap();
        } else {
            self.spare_memory = true;
        }
    }

    /// Prepares what tasks find in statics. A worker that fails at it is of no use.
    fn initialize(&mut self, body: &[u8]) -> io::Result<()> {
        let mut body = Reader(body);
        let task = self.task(&mut body)?;
        let argument = body.place().map_err(protocol_error)?;
        body.end().map_err(protocol_error)?;
        self.value.clear();
        let ran = task.run(bytes_at(&self.parent, argument)?, &mut self.value);
        let failure = self.failure(ran);
        // What the argument lies in is kept anyway.
        self.transfer.take_used();
        self.parent.take_read();
        self.spare_memory = true;
        let _ = io::stdout().flush();
        frame::begin(&mut self.frame, Kind::Ready);
        Ready(failure.map_or(Ok(()), |kind| Err((kind, &self.value[..])))).put(&mut self.frame);
        self.send()?;
        if failure.is_some() {
            process::exit(EXIT_FAILED);
        }
        Ok(())
    }

    /// The task with the index that comes next.
    fn task(&self, body: &mut Reader<'_>) -> io::Result<&'static dyn Run> {
        let index = body.number().map_err(protocol_error)?;
        let task = usize::try_from(index).ok().and_then(|n| self.tasks.get(n).copied());
        task.ok_or_else(|| protocol_error(ProtocolError))
    }

    fn run_batch(&mut self, body: &[u8]) -> io::Result<()> {
        let mut body = Reader(body);
        let task = self.task(&mut body)?;
        let memory = body.number().map_err(protocol_error)?;
        let count = body.number().map_err(protocol_error)?;
        for _ in 0..body.number().map_err(protocol_error)? {
            self.memory.take_back(body.number().map_err(protocol_error)?);
            self.spare_memory = true;
        }
        if count == 0 {
            return Ok(());
        }
        // To look at the use of memory takes longer than a tiny task.
        let _limit = if memory > 0 { Some(BatchLimit::set(memory - 1)?) } else { None };
        self.pace.begin();
        for done in 0..count {
            if !self.claims.begin(self.next) {
                // If one task was recalled, all behind it were.
                self.skip(count - done);
                break;
            }
            let argument = body.place().map_err(protocol_error)?;
            self.run_task(task, argument)?;
            self.next = self.next.wrapping_add(1);
            if self.pace.is_time_to_send() || self.results.len() >= BATCH_BYTES {
                self.send_results()?;
            }
        }
        self.send_results()?;
        // Show what tasks printed without a newline. If that fails, nothing is lost but the output.
        let _ = io::stdout().flush();
        Ok(())
    }

    fn skip(&mut self, count: u64) {
        self.summary.skipped = count;
        self.next = self.next.wrapping_add(count as u32);
        self.claims.skip_to(self.next);
    }

    fn run_task(&mut self, task: &dyn Run, argument: ValueLocation<'_>) -> io::Result<()> {
        self.value.clear();
        let start = self.now();
        self.claims.note_start(start);
        let ran = task.run(bytes_at(&self.parent, argument)?, &mut self.value);
        let end = self.now();
        self.claims.end(self.next);
        let kind = self.failure(ran).unwrap_or(ResultKind::Done);
        let block = self.block_for_value();
        let kind = match (kind, &block) {
            (ResultKind::Done, None) if self.value.len() > LONGEST_VALUE => {
                let why = format!("a result of {} bytes, and no shared memory left for it", self.value.len());
                self.value = Vec::new();
                self.set_message(ResultKind::Unreadable, why.as_bytes())
            }
            _ => kind,
        };
        let memory = self.memory.notes(&self.transfer, &self.parent);
        let result = TaskResult { kind, memory, span: (start, end), value: ValueLocation::Inline(&[]) };
        result.put_head(&mut self.results);
        self.put_value(block);
        self.summary.done += 1;
        Ok(())
    }

    /// After a run: the kind of its failure, whose message is then the value.
    fn failure(&mut self, ran: Ran) -> Option<ResultKind> {
        if panics::forget() {
            self.claims.forget_words();
        }
        match ran {
            Ran::Done => None,
            Ran::Panicked(panic) => Some(self.set_message(ResultKind::Panicked, &result_frame::panic(&panic))),
            Ran::Unreadable(why) => Some(self.set_message(ResultKind::Unreadable, why.as_bytes())),
        }
    }

    fn set_message(&mut self, kind: ResultKind, message: &[u8]) -> ResultKind {
        self.value.clear();
        self.value.extend_from_slice(message);
        kind
    }

    /// Memory for a large value, if there is any left.
    fn block_for_value(&self) -> Option<Block> {
        if self.value.len() < LARGE { None } else { self.own.block(self.value.len()) }
    }

    /// Appends the value, or its location in our arena.
    fn put_value(&mut self, block: Option<Block>) {
        let Some(mut block) = block else {
            return frame::put_place(&mut self.results, ValueLocation::Inline(&self.value));
        };
        block.bytes_mut().copy_from_slice(&self.value);
        let (at, len) = (block.at() as u64, self.value.len() as u64);
        self.memory.lend(Arc::new(block));
        self.value.clear();
        self.value.shrink_to(KEPT_BUFFER);
        self.spare_memory = true;
        frame::put_place(&mut self.results, ValueLocation::Shared(at, len));
    }

    fn now(&self) -> u64 {
        if self.record { clock::now() } else { 0 }
    }

    /// Sends the results so far.
    fn send_results(&mut self) -> io::Result<()> {
        self.summary.ns = self.pace.lap();
        frame::begin(&mut self.frame, Kind::Results);
        self.summary.put(&mut self.frame);
        self.frame.append(&mut self.results);
        self.results.shrink_to(KEPT_BUFFER);
        self.summary = Summary { done: 0, skipped: 0, ns: 0 };
        self.send()
    }

    fn send(&mut self) -> io::Result<()> {
        if !frame::end(&mut self.frame, 0) {
            return Err(protocol_error(ProtocolError));
        }
        let sent = self.to.write_all(&self.frame);
        self.frame.clear();
        self.frame.shrink_to(KEPT_BUFFER);
        sent
    }
}

/// An argument's bytes.
fn bytes_at<'a>(parent: &'a RemoteArena, argument: ValueLocation<'a>) -> io::Result<&'a [u8]> {
    match argument {
        ValueLocation::Inline(bytes) => Ok(bytes),
        ValueLocation::Shared(at, len) => parent.bytes(at, len).ok_or_else(|| protocol_error(ProtocolError)),
    }
}

fn protocol_error(_: ProtocolError) -> io::Error {
    io::ErrorKind::InvalidData.into()
}
