//! A model of a worker process: it speaks the worker's protocol, with the real frames and the real [`ClaimState`], and does
//! what its tasks are to do; or something else.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::pipe::{Pipe, Reading};
use super::universe::{self, Act};
use crate::failure::End;
use crate::panics::Panic;
use crate::unix::claim_state::ClaimState;
use crate::unix::frame::{self, Inbox, Kind, Reader, ValueLocation};
use crate::unix::result_frame::{self, ResultKind, Summary, TaskResult};
use crate::wire;

/// With these processes.
pub type Universe = universe::Universe<Process>;

/// Results are sent when a task ends so long after the last were sent.
const SEND_AFTER: Duration = Duration::from_millis(2);
const KILLED: End = End::Signal(9);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Until it does what is to be done instead of hello, or with it.
    Starting(Beginning),
    /// It waits for frames.
    Idle,
    /// There may be complete frames.
    Parsing,
    Initializing(Initializer),
    /// About to begin the next task of its batch.
    Next,
    Running(usize, Act),
    /// It does nothing any more.
    Frozen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beginning {
    Hello,
    Dies,
    IsAnotherProgram,
    WrongHello,
    Garbage,
    Silence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Initializer {
    Returns,
    Fails,
    Dies,
    Stops,
}

pub struct Process {
    pub pid: u32,
    pub claims: Arc<ClaimState>,
    /// What the parent writes into, and what it reads from.
    pub to: Pipe,
    pub from: Pipe,
    inbox: Inbox,
    phase: Phase,
    /// When the phase is over.
    wake: Option<Duration>,
    /// What it writes now; if it dies then, how many bytes of that it does not write.
    out: Vec<u8>,
    cut: Option<usize>,
    batch: VecDeque<usize>,
    results: Vec<u8>,
    /// The tasks of these results, and of those that it writes now.
    ended: Vec<usize>,
    writing: Vec<usize>,
    summary: Summary,
    sent_at: Duration,
    /// How many tasks have come, and how many it has begun.
    next: u32,
    begun: u64,
    /// Its last words, and how much memory it uses.
    pub words: Vec<u8>,
    pub memory: u64,
    pub end: Option<End>,
    pub is_stopped: bool,
    /// A process that it started has its pipe.
    is_held: bool,
    pub is_reaped: bool,
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Process { phase, wake, out, to, from, .. } = self;
        write!(f, "{phase:?} until {wake:?}; to {} from {} out {}", to.len(), from.len(), out.len())
    }
}

impl Process {
    pub fn new(pid: u32, universe: &mut Universe) -> Process {
        let beginning = if universe.random.chance(universe.troubles.hello) {
            use Beginning::{Dies, Garbage, IsAnotherProgram, Silence, WrongHello};
            universe.random.pick(&[Dies, Dies, Dies, Dies, IsAnotherProgram, WrongHello, Garbage, Silence])
        } else {
            Beginning::Hello
        };
        let claims = Arc::new(ClaimState::default());
        let capacity = universe.random.pick(&[16, 64, 300, 4096, 65536]);
        Process {
            pid,
            claims,
            to: Pipe::new(capacity),
            from: Pipe::new(capacity),
            inbox: Inbox::default(),
            phase: Phase::Starting(beginning),
            wake: Some(universe.now + universe.random.micros(0, 5000)),
            out: Vec::new(),
            cut: None,
            batch: VecDeque::new(),
            results: Vec::new(),
            ended: Vec::new(),
            writing: Vec::new(),
            summary: Summary { done: 0, skipped: 0, ns: 0 },
            sent_at: Duration::ZERO,
            next: 0,
            begun: 0,
            words: Vec::new(),
            memory: 0,
            end: None,
            is_stopped: false,
            is_held: false,
            is_reaped: false,
        }
    }

    /// Whether it could do a step now.
    pub fn is_ready(&self, now: Duration) -> bool {
        if self.end.is_some() || self.is_stopped {
            return false;
        }
        if !self.out.is_empty() {
            return self.from.room() > 0;
        }
        let is_time = || self.wake.is_some_and(|wake| now >= wake);
        match self.phase {
            Phase::Idle => !self.to.is_empty() || is_time(),
            Phase::Parsing | Phase::Next => true,
            Phase::Starting(_) | Phase::Initializing(_) | Phase::Running(..) => is_time(),
            Phase::Frozen => false,
        }
    }

    /// When it can do a step because time has passed.
    pub fn next_wake(&self) -> Option<Duration> {
        if self.end.is_some() || self.is_stopped || !self.out.is_empty() { None } else { self.wake }
    }

    /// Whether the parent can read something, or the end.
    pub fn is_readable(&self) -> bool {
        !self.from.is_empty() || (self.end.is_some() && !self.is_held)
    }

    /// Whether the parent can write, or learns that it cannot.
    pub fn is_writable(&self) -> bool {
        self.to.room() > 0 || self.end.is_some()
    }

    /// The task that it runs.
    pub fn running(&self) -> Option<usize> {
        match self.phase {
            Phase::Running(n, _) if self.end.is_none() => Some(n),
            _ => None,
        }
    }

    pub fn step(&mut self, universe: &mut Universe) {
        if !self.out.is_empty() {
            return self.write(universe);
        }
        match self.phase {
            Phase::Starting(beginning) => self.start(beginning, universe),
            Phase::Idle if self.to.is_empty() => {
                universe.seen.note("deaths of idle workers");
                self.die(KILLED, universe);
            }
            Phase::Idle => {
                self.wake = None;
                self.inbox.fill(&mut Reading(&mut self.to, universe)).expect("a model's pipe does not fail");
                self.phase = Phase::Parsing;
            }
            Phase::Parsing => self.parse(universe),
            Phase::Initializing(initializer) => self.initialized(initializer, universe),
            Phase::Next => self.begin_next(universe),
            Phase::Running(n, act) => self.end_run(n, act, universe),
            Phase::Frozen => unreachable!("it does nothing"),
        }
    }

    fn write(&mut self, universe: &mut Universe) {
        let end = self.out.len() - self.cut.unwrap_or(0);
        let written = self.from.write(&self.out[..end], universe).expect("there is room");
        self.out.drain(..written);
        if self.out.is_empty() {
            self.writing.drain(..).for_each(|n| universe.tasks[n].is_written = true);
        }
        if self.cut == Some(self.out.len()) {
            universe.seen.add("deaths with a part of a frame written", u64::from(!self.out.is_empty()));
            self.die(KILLED, universe);
        }
    }

    fn die(&mut self, end: End, universe: &mut Universe) {
        self.end = Some(end);
        self.out.clear();
        self.is_held = universe.random.chance(100);
        universe.seen.add("pipes that outlive their workers", u64::from(self.is_held));
    }

    /// The parent kills it, and whatever it has started.
    pub fn kill(&mut self, universe: &mut Universe) {
        if let Some(n) = self.running() {
            if !self.is_stopped {
                universe.check_limit(n);
            }
            let lasted = universe.now - universe.tasks[n].began;
            universe.tasks[n].killed_after = Some(lasted);
        }
        self.end.get_or_insert(KILLED);
        self.out.clear();
        self.is_held = false;
    }

    fn freeze(&mut self) {
        (self.phase, self.wake) = (Phase::Frozen, None);
    }

    fn wait(&mut self, universe: &mut Universe) {
        let dies = universe.random.chance(universe.troubles.idle);
        self.wake = dies.then(|| universe.now + universe.random.micros(0, 20_000));
        self.phase = Phase::Idle;
    }

    fn put(&mut self, kind: Kind, body: &[u8]) {
        let start = self.out.len();
        frame::begin(&mut self.out, kind);
        self.out.extend_from_slice(body);
        assert!(frame::end(&mut self.out, start));
    }

    fn start(&mut self, beginning: Beginning, universe: &mut Universe) {
        match beginning {
            Beginning::Hello => {
                self.put(Kind::Hello, &universe.hello);
                self.wait(universe);
            }
            Beginning::Dies => {
                universe.seen.note("deaths before hello");
                let end = universe.random.pick(&[KILLED, End::Code(1), End::Signal(11)]);
                self.die(end, universe);
            }
            Beginning::IsAnotherProgram => {
                universe.seen.note("programs that are no workers");
                self.die(End::Code(0), universe);
            }
            Beginning::WrongHello => {
                self.put(Kind::Hello, b"another program");
                self.freeze();
            }
            Beginning::Garbage => {
                self.out = b"Usage: program [OPTIONS]".to_vec();
                self.freeze();
            }
            Beginning::Silence => {
                universe.seen.note("workers that never say hello");
                self.freeze();
            }
        }
    }

    fn parse(&mut self, universe: &mut Universe) {
        let Some((kind, body)) = self.inbox.frame().expect("the parent sends frames") else {
            return self.wait(universe);
        };
        let mut body = Reader(self.inbox.body(body));
        if kind == Kind::Init {
            assert_eq!(body.number(), Ok(7), "the initializer's task");
            assert_eq!(body.place(), Ok(ValueLocation::Inline(b"argument")));
            let fails = universe.random.chance(universe.troubles.initializer);
            let kinds = [Initializer::Fails, Initializer::Fails, Initializer::Dies, Initializer::Stops];
            let initializer = if fails { universe.random.pick(&kinds) } else { Initializer::Returns };
            let slow = universe.random.chance(50);
            let lasts = if slow { universe.random.micros(0, 8_000_000) } else { universe.random.micros(0, 2000) };
            (self.phase, self.wake) = (Phase::Initializing(initializer), Some(universe.now + lasts));
            return;
        }
        assert_eq!(kind, Kind::Batch);
        let read = |body: &mut Reader<'_>| body.number().expect("the parent's frames are right");
        let (_task, _memory, count, given_back) = (read(&mut body), read(&mut body), read(&mut body), read(&mut body));
        assert_eq!(given_back, 0, "models lend nothing");
        for _ in 0..count {
            let Ok(ValueLocation::Inline(argument)) = body.place() else { panic!("arguments are small") };
            let (n, _): (u64, String) = wire::decode(argument).expect("an argument");
            self.batch.push_back(n as usize);
        }
        body.end().expect("nothing is behind the arguments");
        self.sent_at = universe.now;
        self.phase = Phase::Next;
        if universe.random.chance(universe.troubles.batch) {
            match universe.random.below(4) {
                0 => {
                    universe.seen.note("stops before a task");
                    self.is_stopped = true;
                }
                1 => {
                    universe.seen.note("workers that do not begin");
                    self.freeze();
                }
                _ => {
                    universe.seen.note("deaths before a task");
                    self.die(KILLED, universe);
                }
            }
        }
    }

    fn initialized(&mut self, initializer: Initializer, universe: &mut Universe) {
        match initializer {
            Initializer::Returns => {
                self.put(Kind::Ready, &[]);
                self.wait(universe);
            }
            Initializer::Fails => {
                universe.seen.note("initializers that failed");
                self.put(Kind::Ready, b"\x02no database"); // unreadable, and why
                // It tells, and ends.
                self.cut = Some(0);
            }
            Initializer::Dies => {
                universe.seen.note("initializers that died");
                self.die(KILLED, universe);
            }
            Initializer::Stops => {
                universe.seen.note("initializers that were stopped");
                self.is_stopped = true;
            }
        }
    }

    fn begin_next(&mut self, universe: &mut Universe) {
        let Some(n) = self.batch.pop_front() else {
            self.phase = Phase::Parsing;
            return self.send_results(universe);
        };
        if !self.claims.begin(self.next) {
            let skipped = self.batch.len() + 1;
            universe.seen.add("tasks that were recalled", skipped as u64);
            self.batch.clear();
            self.summary.skipped = skipped as u64;
            self.next = self.next.wrapping_add(skipped as u32);
            self.claims.skip_to(self.next);
            self.phase = Phase::Parsing;
            return self.send_results(universe);
        }
        self.begun += 1;
        let most = universe.most_tasks.unwrap_or(u64::MAX);
        assert!(self.begun <= most, "a worker began {} tasks, at most {most} are allowed", self.begun);
        let (act, lasts) = universe.begin(n);
        self.wake = (act != Act::Hang).then_some(universe.now + lasts);
        self.phase = Phase::Running(n, act);
    }

    fn end_run(&mut self, n: usize, act: Act, universe: &mut Universe) {
        universe.check_limit(n);
        universe.tasks[n].ended.push(act);
        let mut value = Vec::new();
        let panic = Panic { message: "at the disco".to_owned(), location: None, backtrace: None };
        match act {
            Act::Exit => {
                universe.seen.note("deaths while a task runs");
                return self.die(KILLED, universe);
            }
            Act::Abort => {
                self.words = result_frame::short_panic(&panic);
                return self.die(End::ABORT, universe);
            }
            Act::Stop => {
                universe.seen.note("stops while a task runs");
                self.is_stopped = true;
                // If it is continued, which nobody does, it goes on.
                return;
            }
            Act::Hang => unreachable!("it never ends"),
            _ => {}
        }
        self.claims.end(self.next);
        self.next = self.next.wrapping_add(1);
        self.memory += 1000;
        let kind = match act {
            Act::Panic => {
                value = result_frame::panic(&panic);
                ResultKind::Panicked
            }
            Act::Refuse => {
                value.extend_from_slice(b"not even text");
                ResultKind::Unreadable
            }
            _ => {
                wire::encode(&((n * n) as u64), &mut value).expect("a number");
                ResultKind::Done
            }
        };
        let result = TaskResult { kind, memory: None, span: (0, 0), value: ValueLocation::Inline(&value) };
        result.put(&mut self.results);
        self.ended.push(n);
        self.summary.done += 1;
        self.phase = Phase::Next;
        self.wake = None;
        match act {
            Act::DieAfter => {
                universe.seen.note("deaths after a task");
                self.die(KILLED, universe);
            }
            Act::DieInFrame => {
                self.send_results(universe);
                self.cut = Some(universe.random.between(1, self.out.len() - 1));
            }
            Act::Garbage => {
                universe.seen.note("frames that are none");
                self.out = garbage(universe);
                self.freeze();
            }
            Act::Withhold => {
                universe.seen.note("results that were withheld");
                self.freeze();
            }
            _ if universe.now - self.sent_at >= SEND_AFTER || universe.random.chance(100) => {
                self.send_results(universe)
            }
            _ => {}
        }
    }

    fn send_results(&mut self, universe: &Universe) {
        let took = universe.now - self.sent_at;
        self.sent_at = universe.now;
        self.summary.ns = took.as_nanos() as u64 + 1000 * self.summary.done;
        let mut body = Vec::new();
        self.summary.put(&mut body);
        body.append(&mut self.results);
        self.writing.append(&mut self.ended);
        self.summary = Summary { done: 0, skipped: 0, ns: 0 };
        self.put(Kind::Results, &body);
    }
}

/// Various violations of the protocol.
fn garbage(universe: &mut Universe) -> Vec<u8> {
    let mut out = Vec::new();
    let mut frame = |kind, body: &[u8]| {
        frame::begin(&mut out, kind);
        out.extend_from_slice(body);
        assert!(frame::end(&mut out, 0));
    };
    match universe.random.below(7) {
        0 => frame(Kind::Hello, &universe.hello),
        1 => frame(Kind::Ready, b""),
        2 => frame(Kind::Batch, &[0, 0, 0, 0]),
        3 => frame(Kind::Results, &[1, 0, 1, 77]),
        4 => frame(Kind::Results, &[0, 200, 1, 1]),
        5 => frame(Kind::Results, &[0, 0, 0, 0, 0]),
        _ => out.extend_from_slice(b"P"),
    }
    out
}
