//! One watched process: its threads, and its interpreter if it is a Python that can be looked into.

use std::collections::HashMap;

use lab::clock;

use crate::cpython::{self, Changes, Gil, Kind, Line, Stack, View};
use crate::procfs::{self, Call, Limits, Stat};
use crate::recording::Interpreter;
use crate::recording::MOST_WATCHED;
use crate::wait::Wait;

use super::peers::{End, Peers};
use super::reason::{Context, end, is_event_loop, reason};
use super::sample::{Phase, Sample};
use super::thread::{Thread, ThreadTotals};

/// The stacks of so many threads are read in one sample.
const MOST_STACKS: usize = 16;
/// Samples in which a process may become a Python: by `exec`, or when its library is loaded.
const LOOKS: u32 = 400;
/// An interpreter that publishes nothing is looked for in these samples only, because each time takes tens of ms: after about 10, 20, 35,
/// 90, 450 ms and 2 s.
const SPY_LOOKS: [u32; 6] = [8, 12, 16, 24, 64, 220];

/// A process of the program.
#[derive(Debug)]
pub struct Process {
    pid: u32,
    started: u64,
    threads: HashMap<u32, Thread>,
    /// What was last seen of each thread's stack.
    stacks: HashMap<u32, Stack>,
    kind: Kind,
    view: Option<View>,
    /// Of the interpreter that it has, or had until its interpreter shut down.
    version: Option<(u8, bool)>,
    looks: u32,
    /// Threads that have ended.
    ended: Vec<ThreadTotals>,
    is_new: bool,
    is_gone: bool,
    /// It is in a PID namespace inside ours: its interpreter knows its threads by other numbers.
    is_inside: bool,
}

/// What one sample of a process shows.
#[derive(Debug, Default)]
pub struct ProcessSeen {
    pub phase: Option<Phase>,
    pub threads: Vec<Sample>,
    /// Threads that it has, watched or not.
    pub count: u64,
    /// CPU time that looking for an interpreter took, in ns: that happens a few times, not in every sample.
    pub search: u64,
    /// How often the GIL changed while one thread computed.
    pub changes: Option<Changes>,
}

impl Process {
    /// Begins to watch; `None` if it has gone already.
    pub fn new(pid: u32, is_new: bool) -> Option<Process> {
        let started = Stat::of(pid)?.started;
        let mut process = Process {
            pid,
            started,
            threads: HashMap::new(),
            stacks: HashMap::new(),
            kind: Kind::Other,
            view: None,
            version: None,
            looks: 0,
            ended: Vec::new(),
            is_new,
            is_gone: false,
            is_inside: procfs::number_inside(pid, pid).is_some(),
        };
        process.look_for_threads();
        process.is_new = true;
        Some(process)
    }

    /// Whether its GIL can be seen.
    pub fn is_python(&self) -> bool {
        self.view.is_some()
    }

    /// What it runs on, and whether its GIL can be seen.
    pub fn interpreter(&self) -> (Interpreter, bool) {
        match (self.kind, self.version) {
            (_, Some((minor, free_threaded))) => (Interpreter::CPython { minor, free_threaded }, true),
            (Kind::CPython(minor), None) => (Interpreter::CPython { minor, free_threaded: false }, false),
            (Kind::PyPy, None) => (Interpreter::PyPy, false),
            (Kind::Other, None) => (Interpreter::Other, false),
        }
    }

    /// Whether it is gone, or its number has been given to another process.
    pub fn has_ended(&self) -> bool {
        self.is_gone
    }

    /// The children of its first thread, or of all.
    pub fn children(&self, of_all_threads: bool) -> Vec<u32> {
        let threads = self.threads.keys().filter(|tid| of_all_threads || **tid == self.pid);
        threads.flat_map(|tid| procfs::children(self.pid, *tid)).collect()
    }

    /// What its threads did in the `length` ns since the last sample. Stacks are read only of the main process, and an interpreter is
    /// looked for thoroughly only in it, or while there is no other.
    pub fn sample(&mut self, length: u64, is_main: bool, may_be_main: bool, peers: &mut Peers) -> ProcessSeen {
        self.look_for_threads();
        let before = clock::cpu().unwrap_or(0);
        self.look_for_interpreter(may_be_main);
        let search = clock::cpu().unwrap_or(0).saturating_sub(before);
        // Before the threads are looked at: then a thread that computes is the one that holds it.
        let gils = self.look_inside();
        let count = procfs::count_threads(self.pid).unwrap_or(0);
        let mut seen = ProcessSeen { count, search, ..ProcessSeen::default() };
        let mut tids: Vec<u32> = self.threads.keys().copied().collect();
        // The first thread first: its stack tells the phase.
        tids.sort_unstable();
        let mut stacks_left = MOST_STACKS;
        for tid in tids {
            if let Some(mut sample) = self.sample_thread(tid, length, &gils, peers, seen.count) {
                sample.is_main = is_main;
                if is_main && stacks_left > 0 {
                    sample.line = self.line(tid, sample.has_run);
                    stacks_left -= 1;
                }
                seen.threads.push(sample);
            } else if let Some(ended) = self.threads.remove(&tid) {
                self.stacks.remove(&tid);
                self.ended.push(ended.totals);
            }
        }
        if self.threads.is_empty() {
            self.is_gone = Stat::of(self.pid).is_none_or(|stat| stat.started != self.started || stat.state == 'Z');
        }
        seen.phase = self.phase();
        if is_main
            && seen.phase == Some(Phase::Work)
            && seen.threads.iter().filter(|thread| thread.has_run).count() == 1
            && seen.threads.iter().any(|thread| thread.is_running)
        {
            seen.changes = gils.first().zip(self.view.as_ref()).and_then(|(gil, view)| view.changes(gil));
        }
        seen
    }

    /// The phase of the interpreter's first thread; `None` where its stack cannot be read.
    fn phase(&self) -> Option<Phase> {
        self.view.as_ref()?;
        let is_starting = self.stacks.get(&self.pid).is_none_or(|stack| stack.is_starting);
        Some(if is_starting { Phase::Start } else { Phase::Work })
    }

    fn sample_thread(
        &mut self,
        tid: u32,
        length: u64,
        gils: &[Gil],
        peers: &mut Peers,
        threads: u64,
    ) -> Option<Sample> {
        let (pid, memory) = (self.pid, self.view.as_ref().map(View::memory));
        let thread = self.threads.get_mut(&tid)?;
        let seen = thread.sample(length)?;
        let mut may_know = true;
        if tid != pid {
            thread.totals.slices = thread.slices();
        }
        if let Some(call) = seen.call {
            let before = thread.wait;
            match call {
                Some(Call::Running) => {}
                Some(call) => {
                    let context = Context { pid, memory, gils, is_alone: threads == 1 && peers.is_single() };
                    thread.wait = reason(call, &context);
                    thread.end = match thread.wait {
                        // If nobody has looked it is most likely whom it waited for before.
                        Some(Wait::Socket | Wait::Pipe) => end(call, &context, peers).unwrap_or(thread.end),
                        _ => End::Outside,
                    };
                    thread.is_event_loop = is_event_loop(call);
                }
                None => {
                    // Nobody may look into this process: only whether it waits for a disk is public.
                    may_know = false;
                    let state = Stat::of_thread(pid, tid)?.state;
                    thread.wait = Some(if state == 'D' { Wait::Disk } else { Wait::Unknown });
                }
            }
            if before == Some(Wait::Lock) && seen.has_run {
                thread.totals.lock_waits += 1;
            }
        }
        thread.totals.on_core += seen.on_core;
        match thread.wait {
            Some(Wait::Gil) => thread.totals.gil += seen.blocked,
            Some(Wait::Lock) => thread.totals.lock += seen.blocked,
            Some(_) => thread.totals.outside += seen.blocked,
            None => {}
        }
        let holds_gil = self.view.is_some().then(|| gils.iter().any(|gil| gil.holder == Some(thread.inner)));
        Some(Sample {
            id: (pid, tid),
            on_core: seen.on_core,
            delayed: seen.delayed,
            blocked: seen.blocked,
            has_run: seen.has_run,
            is_new: seen.is_new,
            is_running: seen.is_running,
            wait: thread.wait,
            end: thread.end,
            is_event_loop: thread.is_event_loop,
            may_know,
            holds_gil,
            is_main: false,
            line: None,
        })
    }

    /// The line that a thread is in. One that has not run since is where it was.
    fn line(&mut self, tid: u32, has_run: bool) -> Option<Line> {
        let view = self.view.as_mut()?;
        if has_run || !self.stacks.contains_key(&tid) {
            match view.stack(self.threads.get(&tid)?.inner) {
                Some(stack) => self.stacks.insert(tid, stack),
                // Torn, or not one of Python's threads: what was known before is the best guess for the first, nothing for the others.
                None => return None,
            };
        }
        self.stacks.get(&tid)?.line.clone()
    }

    /// Who holds the GILs of its interpreter now, if it has one that can be looked into.
    fn look_inside(&mut self) -> Vec<Gil> {
        let gils = self.view.as_mut().map(View::look).unwrap_or_default();
        // The table of an interpreter that has been replaced by `exec` is gone, and so are its GILs. And before its first interpreter is
        // there, it has no GIL that anybody could hold.
        if gils.is_empty() && self.looks < LOOKS {
            self.view = None;
            self.stacks.clear();
        }
        self.version = self.view.as_ref().map(View::version).or(self.version);
        gils
    }

    fn look_for_interpreter(&mut self, may_be_main: bool) {
        self.looks = self.looks.saturating_add(1);
        let looks = self.looks - 1;
        if self.view.is_some() || !(looks < 40 || (looks < LOOKS && looks.is_multiple_of(8))) {
            return;
        }
        let (kind, view) = cpython::find(self.pid);
        // What has ended has no map any more, and was what it was.
        if kind != Kind::Other || looks == 0 {
            self.kind = kind;
        }
        self.view = match kind {
            Kind::CPython(minor) if view.is_none() && may_be_main && SPY_LOOKS.contains(&looks) => {
                View::spied(self.pid, minor)
            }
            _ => view,
        };
    }

    fn look_for_threads(&mut self) {
        // A thread that ended and one that began leave the count as it was: the one that ended is noticed when it is read, and the next
        // sample looks again.
        if procfs::count_threads(self.pid) == Some(self.threads.len() as u64) {
            return;
        }
        for tid in procfs::threads(self.pid) {
            if self.threads.len() >= MOST_WATCHED {
                break;
            }
            if !self.threads.contains_key(&tid)
                && let Some(mut thread) = Thread::new(self.pid, tid, self.is_new)
            {
                if let Some(number) = self.is_inside.then(|| procfs::number_inside(self.pid, tid)).flatten() {
                    thread.inner = number;
                }
                self.threads.insert(tid, thread);
            }
        }
    }

    /// What all its threads did, those that have ended too.
    pub fn thread_totals(&self) -> Vec<ThreadTotals> {
        self.ended.iter().copied().chain(self.threads.values().map(|thread| thread.totals)).collect()
    }

    /// How often its threads have begun to wait. Of all but the first it is known only how often they were put on a core.
    pub fn waits(&self) -> u64 {
        let first = procfs::voluntary_switches(self.pid, self.pid).unwrap_or(0);
        first + self.thread_totals().iter().map(|thread| thread.slices).sum::<u64>()
    }

    /// What the whole process may use: the most memory that it has had, and its cores.
    pub fn limits(&self) -> Option<Limits> {
        procfs::limits(self.pid)
    }
}
