//! Speaks to a worker as its parent does, frame by frame.
#![allow(unsafe_code, reason = "`init_before_main!` names a section of the linker; other crates need not allow that")]

use std::io::{self, PipeReader, PipeWriter, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, OnceLock};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Resource, getrlimit};
use serde::Serialize;

use super::EXIT_FAILED;
use crate::failure::End;
use crate::limits;
use crate::task::Task;
use crate::unix::child::Child;
use crate::unix::fd_passing::{self, Setup};
use crate::unix::frame::{self, Inbox, Kind, Reader, ValueLocation, put_number};
use crate::unix::reexec::{self, WORKER};
use crate::unix::result_frame::{self, Ready, ResultKind, Summary, TaskResult};
use crate::unix::scheduler::batch::Batch;
use crate::unix::scheduler::job::{After, Sink};
use crate::unix::shm::{self, Arena, Claims};
use crate::unix::transfer::{TransferContext, TransferScope};
use crate::wire::{self, Value};
use crate::{Bytes, Failure, task};

crate::init_before_main!();

const MIB: u64 = 1 << 20;
static PREPARED: OnceLock<u64> = OnceLock::new();
static TABLE: OnceLock<Bytes> = OnceLock::new();

task! {
    static PREPARE: fn(u64) -> () = |n| PREPARED.set(n).expect("it is set once");
    static IS_PREPARED: fn(()) -> Option<u64> = |()| PREPARED.get().copied();
    static KEEP: fn(Bytes) -> () = |table| TABLE.set(table).expect("it is set once");
    static COUNT: fn(u8) -> usize = |byte| TABLE.get().map_or(0, |table| table.iter().filter(|b| **b == byte).count());
    static REFUSE: fn(String) -> () = |why| panic!("{why}");
    /// The soft and the hard limit of data, and the data in use.
    static LIMITS: fn(()) -> (Option<u64>, Option<u64>, u64) = |()| {
        let limit = getrlimit(Resource::Data);
        (limit.current, limit.maximum, limits::data_in_use().unwrap_or_default())
    };
    static ALLOCATE: fn(u64) -> usize = |bytes| std::hint::black_box(vec![1_u8; bytes as usize]).len();
}

/// A worker, and what its parent has of it.
struct Raw {
    child: Child,
    to: PipeWriter,
    from: PipeReader,
    inbox: Inbox,
    claims: Claims,
    arena: Arc<Arena>,
    sent: u32,
    _line: UnixStream,
}

impl Raw {
    fn start(limit: Option<u64>) -> Raw {
        let (line, theirs) = UnixStream::pair().unwrap();
        let child = reexec::program(WORKER, theirs).unwrap();
        let (memory, parent_memory) = shm::anonymous().unwrap();
        let (its, own_memory) = shm::anonymous().unwrap();
        let ((tasks, to), (from, results)) = (io::pipe().unwrap(), io::pipe().unwrap());
        let setup = Setup { parent_memory, own_memory, limit, record: false };
        fd_passing::send(&line, setup, [tasks.as_fd(), results.as_fd(), memory.as_fd(), its.as_fd()]).unwrap();
        let arena = Arena::new(memory.as_fd(), parent_memory).unwrap();
        let claims = Claims::of(its.as_fd()).unwrap();
        let mut raw = Raw { child, to, from, inbox: Inbox::default(), claims, arena, sent: 0, _line: line };
        drop((tasks, results));
        let names = task::registered().iter().map(|task| task.name());
        assert_eq!(raw.next(), Some((Kind::Hello, frame::hello(names))));
        raw
    }

    fn send(&mut self, kind: Kind, body: &[u8]) {
        let mut bytes = Vec::new();
        frame::begin(&mut bytes, kind);
        bytes.extend_from_slice(body);
        assert!(frame::end(&mut bytes, 0));
        self.to.write_all(&bytes).unwrap();
    }

    /// The next frame; `None` when the worker has ended.
    fn next(&mut self) -> Option<(Kind, Vec<u8>)> {
        loop {
            if let Some((kind, body)) = self.inbox.frame().unwrap() {
                return Some((kind, self.inbox.body(body).to_vec()));
            }
            let limit = Timespec { tv_sec: 60, tv_nsec: 0 };
            let came = poll(&mut [PollFd::new(&self.from, PollFlags::IN)], Some(&limit)).unwrap();
            assert_eq!(came, 1, "the worker says nothing");
            if self.inbox.fill(&mut self.from).unwrap() == 0 {
                return None;
            }
        }
    }

    /// Sends the initializer. The batch holds its argument's memory.
    fn init<A: Serialize, R>(&mut self, task: &Task<A, R>, argument: &A) -> Batch {
        let transfer = TransferScope::new(TransferContext::encode(&self.arena));
        let mut batch = Batch::default();
        batch
            .encode((&Arc::default(), &nobody(), 0), &self.arena, &transfer, |out| wire::encode(argument, out))
            .unwrap();
        let mut body = Vec::new();
        put_number(&mut body, place(task));
        body.extend_from_slice(&batch.arguments);
        self.send(Kind::Init, &body);
        batch
    }

    fn is_ready(&mut self) {
        assert_eq!(self.next(), Some((Kind::Ready, Vec::new())));
    }

    /// Runs one task with this number as its memory limit; `None` if the worker died.
    fn run<A: Serialize, R: Value>(&mut self, task: &Task<A, R>, memory: u64, argument: &A) -> Option<R> {
        self.sent += 1;
        self.claims.allow(self.sent);
        let mut value = Vec::new();
        wire::encode(argument, &mut value).unwrap();
        let mut body = Vec::new();
        [place(task), memory, 1, 0].into_iter().for_each(|number| put_number(&mut body, number));
        frame::put_place(&mut body, ValueLocation::Inline(&value));
        self.send(Kind::Batch, &body);
        let body = loop {
            let (kind, body) = self.next()?;
            assert_eq!(kind, Kind::Results);
            // After a long task, its result has been sent before the batch ends.
            if Summary::take(&mut Reader(&body)).unwrap().done > 0 {
                break body;
            }
        };
        let mut body = Reader(&body);
        assert_eq!(Summary::take(&mut body).unwrap().done, 1);
        let result = TaskResult::take(&mut body).unwrap();
        assert_eq!((result.kind, result.memory), (ResultKind::Done, None));
        let ValueLocation::Inline(value) = result.value else { panic!("small values are in the frame") };
        Some(wire::decode(value).unwrap())
    }

    /// It sends nothing more, and ends like this.
    fn ends(mut self, end: End) {
        assert_eq!(self.next(), None);
        assert_eq!(self.child.kill_and_reap(), end);
    }
}

/// Nobody takes an outcome.
fn nobody() -> Arc<dyn Sink> {
    struct Nobody;
    impl Sink for Nobody {
        fn done(&self, _: usize, _: Result<&[u8], Failure>, _: &mut After) {}
    }
    Arc::new(Nobody)
}

fn place<A, R>(task: &Task<A, R>) -> u64 {
    task.place().unwrap() as u64
}

#[test]
fn tasks_find_what_the_initializer_has_prepared() {
    let mut raw = Raw::start(None);
    raw.init(&PREPARE, &7);
    raw.is_ready();
    assert_eq!(raw.run(&IS_PREPARED, 0, &()), Some(Some(7)));
    // Without one, the worker sends no ready frame.
    let mut raw = Raw::start(None);
    assert_eq!(raw.run(&IS_PREPARED, 0, &()), Some(None));
}

/// Tasks say nothing of the memory that an initializer has kept: that is checked with each result.
#[test]
fn an_initializer_can_keep_shared_memory() {
    let mut raw = Raw::start(None);
    let table = Bytes::in_arena(&raw.arena, 3 << 20, |bytes| bytes.fill(5));
    let kept = raw.init(&KEEP, &table);
    assert_eq!(kept.blocks_of(0).len(), 1);
    assert!(kept.arguments.len() < 100, "only its location is sent");
    raw.is_ready();
    assert_eq!(raw.run(&COUNT, 0, &5), Some(3 << 20));
    assert_eq!(raw.run(&COUNT, 0, &6), Some(0));
}

#[test]
fn a_failed_initializer_is_told_and_ends_the_worker() {
    let mut raw = Raw::start(None);
    raw.init(&REFUSE, &"no such model".to_owned());
    let (kind, body) = raw.next().unwrap();
    let Ready(Err((ResultKind::Panicked, panic))) = Ready::of(&body).unwrap() else { panic!("{body:?}") };
    let panic = result_frame::read_panic(panic);
    assert_eq!((kind, panic.message.as_str()), (Kind::Ready, "no such model"));
    assert!(panic.location.unwrap().file.ends_with("worker/tests.rs"));
    raw.ends(End::Code(EXIT_FAILED));
    // An argument of another type.
    let mut raw = Raw::start(None);
    let mut body = Vec::new();
    put_number(&mut body, place(&REFUSE));
    frame::put_place(&mut body, ValueLocation::Inline(&[]));
    raw.send(Kind::Init, &body);
    let (_, body) = raw.next().unwrap();
    assert!(matches!(Ready::of(&body), Ok(Ready(Err((ResultKind::Unreadable, why)))) if !why.is_empty()), "{body:?}");
    raw.ends(End::Code(EXIT_FAILED));
}

#[test]
fn a_worker_ends_with_what_a_parent_must_not_send() {
    let mut one = Vec::new();
    put_number(&mut one, place(&PREPARE));
    let prepare = |more: &[u8]| [&one, more].concat();
    let far = {
        let mut far = one.clone();
        frame::put_place(&mut far, ValueLocation::Shared(u64::MAX, 1));
        far
    };
    let wrong = [
        (Kind::Init, vec![0xff, 0x7f, 0]), // no such task
        (Kind::Init, prepare(&[])),        // no argument
        (Kind::Init, prepare(&[2])),       // an argument longer than its frame
        (Kind::Init, prepare(&[2, 7, 0])), // bytes left over
        (Kind::Init, far),                 // outside of the parent's memory
        (Kind::Batch, prepare(&[])),       // no memory limit
        (Kind::Batch, prepare(&[0, 1])),   // no number of blocks
        (Kind::Hello, Vec::new()),
        (Kind::Results, vec![0, 0, 0]),
        (Kind::Ready, Vec::new()),
    ];
    for (kind, body) in wrong {
        let mut raw = Raw::start(None);
        raw.send(kind, &body);
        // With its whole group.
        raw.ends(End::Signal(9));
    }
    // An initializer is run once, and before any batch.
    let mut raw = Raw::start(None);
    raw.init(&PREPARE, &7);
    raw.is_ready();
    raw.init(&PREPARE, &8);
    raw.ends(End::Signal(9));
    let mut raw = Raw::start(None);
    assert_eq!(raw.run(&IS_PREPARED, 0, &()), Some(None));
    raw.init(&PREPARE, &7);
    raw.ends(End::Signal(9));
}

#[cfg(target_os = "linux")]
#[test]
fn the_memory_limit_of_a_batch_ends_with_it() {
    let mut raw = Raw::start(None);
    let (soft, hard, _) = raw.run(&LIMITS, 0, &()).unwrap();
    let (lower, same_hard, used) = raw.run(&LIMITS, 64 * MIB + 1, &()).unwrap();
    let left = lower.unwrap() - used;
    assert!((32 * MIB..=64 * MIB).contains(&left), "{left} bytes are left");
    assert_eq!(same_hard, hard);
    let (restored, same_hard, _) = raw.run(&LIMITS, 0, &()).unwrap();
    assert_eq!((restored, same_hard), (soft, hard));
    assert_eq!(raw.run(&ALLOCATE, 64 * MIB + 1, &(256 * MIB)), None);
    raw.ends(End::ABORT);
    let mut raw = Raw::start(None);
    for memory in [0, 300 * MIB + 1] {
        assert_eq!(raw.run(&ALLOCATE, memory, &(256 * MIB)), Some(256 << 20), "{memory}");
    }
    assert_eq!(raw.run(&ALLOCATE, 1, &(256 * MIB)), None, "not a byte more");
}

#[cfg(target_os = "linux")]
#[test]
fn the_memory_limit_of_a_batch_stays_below_that_of_the_worker() {
    let mut raw = Raw::start(Some(32 * MIB));
    let (soft, hard, _) = raw.run(&LIMITS, 0, &()).unwrap();
    assert!(soft.is_some() && soft == hard, "{soft:?} {hard:?}");
    for higher in [1024 * MIB, u64::MAX] {
        let (clamped, same_hard, _) = raw.run(&LIMITS, higher, &()).unwrap();
        assert_eq!((clamped, same_hard), (soft, hard));
    }
    let (lower, same_hard, _) = raw.run(&LIMITS, 8 * MIB + 1, &()).unwrap();
    assert!(lower < soft && same_hard == hard, "{lower:?}");
    assert_eq!(raw.run(&LIMITS, 0, &()).unwrap().0, soft);
    assert_eq!(raw.run(&ALLOCATE, 1024 * MIB, &(64 * MIB)), None);
    raw.ends(End::ABORT);
}
