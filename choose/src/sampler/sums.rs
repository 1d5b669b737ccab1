//! From samples to sums: what the program as a whole did in each stretch of time.

use std::collections::HashMap;

use crate::cpython::{Changes, Line};
use crate::recording::{Hot, Interpreter, Recording, Sums, VIA};
use crate::wait::Wait;

use super::peers::End;
use super::thread::ThreadTotals;

/// The kernel counts a running thread at its own ticks: CPU time may be counted so much later than it was spent, in ns.
const LAG: f64 = 10e6;
/// Lines that are kept.
const MOST_LINES: usize = 10;
/// Threads that waited for another thread less often than this are joined or idle, not in contention.
const FEW_WAITS: u32 = 3;

/// Whether the interpreter starts, imports or shuts down, or runs the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Start,
    Work,
}

/// One thread in one sample; times in ns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// The process and the thread.
    pub id: (u32, u32),
    pub on_core: f64,
    pub delayed: f64,
    pub blocked: f64,
    /// It has been on a core since the last sample.
    pub has_run: bool,
    /// It began in this stretch of time: nobody knows what it did in the part before.
    pub is_new: bool,
    /// It is on a core now, or ready for one.
    pub is_running: bool,
    /// What it waits for, or waited for last.
    pub wait: Option<Wait>,
    /// Who is at the other end.
    pub end: End,
    /// It waits as an event loop does.
    pub is_event_loop: bool,
    /// Whether the kernel lets us know what it waits for.
    pub may_know: bool,
    /// Whether it holds a GIL; `None` where that cannot be seen.
    pub holds_gil: Option<bool>,
    /// It belongs to the main process.
    pub is_main: bool,
    pub line: Option<Line>,
}

/// CPU time of the main process, by whether the GIL was held when a thread was caught computing.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    with: f64,
    without: f64,
    /// Spent by threads that were blocked at the moment of the sample.
    not_caught: f64,
    unseen: f64,
    /// The stretches in which several threads ran.
    together: Together,
}

/// Stretches in which several threads of the main process ran: who held the GIL at their end says nothing of who held it before. The
/// share of them in which somebody held it does.
#[derive(Clone, Copy, Debug, Default)]
struct Together {
    cpu: f64,
    held: f64,
    busy: f64,
    delayed: f64,
}

#[derive(Clone, Debug, Default)]
struct PhaseTotals {
    sums: Sums,
    held: Held,
}

/// The sums so far.
#[derive(Debug)]
pub struct Totals {
    /// Before it was known whether the program is a Python whose start can be told apart.
    before: PhaseTotals,
    start: PhaseTotals,
    work: PhaseTotals,
    /// CPU time that was counted and does not fit into its stretch of time.
    backlog: f64,
    lines: HashMap<Line, Hot>,
    pub most_threads: u64,
    work_samples: u64,
    /// Waiting of the work, added up over the threads that wait for something outside, and the part of it in event loops.
    outside_waits: f64,
    loop_waits: f64,
    waits_seen: bool,
    is_attached: bool,
    pub processes: u64,
    /// How often the GIL was taken and let go, where several looks at it were taken.
    pub changes: Vec<Changes>,
    /// CPU time of the children that the main process has waited for, as the kernel has counted it.
    pub children: f64,
    /// The share of the main process's CPU time that the kernel worked for it.
    pub kernel: f64,
}

impl Totals {
    pub fn new(is_attached: bool) -> Totals {
        Totals {
            before: PhaseTotals::default(),
            start: PhaseTotals::default(),
            work: PhaseTotals::default(),
            backlog: 0.0,
            lines: HashMap::new(),
            most_threads: 0,
            work_samples: 0,
            outside_waits: 0.0,
            loop_waits: 0.0,
            waits_seen: true,
            is_attached,
            processes: 0,
            changes: Vec::new(),
            children: 0.0,
            kernel: 0.0,
        }
    }

    /// A launcher's time belongs to the start of what it launched.
    pub fn main_changed(&mut self) {
        self.start.add(&self.before);
        self.before = PhaseTotals::default();
    }

    /// Adds a stretch of `length` ns.
    pub fn add(&mut self, length: u64, phase: Option<Phase>, threads: &[Sample]) {
        self.waits_seen &= threads.iter().all(|thread| thread.may_know);
        if phase != Some(Phase::Start) {
            self.work_samples += 1;
        }
        let (busy, waiting, delayed) = self.divide(length as f64, threads);
        let totals = match phase {
            None => &mut self.before,
            Some(Phase::Start) => &mut self.start,
            Some(Phase::Work) => &mut self.work,
        };
        totals.sums.busy += busy;
        totals.sums.delayed += delayed;
        totals.sums.ready += threads.iter().map(|thread| thread.on_core + thread.delayed).sum::<f64>();
        let reasons = reasons(threads);
        // Who waits with the GIL in hand lets no other thread compute.
        let holds = |thread: &Sample| thread.holds_gil == Some(true) && !thread.is_running && thread.blocked > 0.0;
        if threads.iter().any(|thread| thread.is_main && holds(thread)) {
            totals.sums.held += waiting;
        }
        for wait in &reasons {
            totals.sums.add_wait(*wait, waiting / reasons.len() as f64);
        }
        totals.count_cpu(length as f64, (busy, delayed), threads);
        if phase == Some(Phase::Work) {
            self.count_lines(threads, waiting);
        }
        if phase != Some(Phase::Start) {
            for thread in waiters(threads) {
                let part = thread.blocked.min(waiting);
                self.outside_waits += part;
                self.loop_waits += if thread.is_event_loop { part } else { 0.0 };
            }
        }
    }

    /// Of a stretch of time: how long at least one thread was on a core, all were blocked, and some were ready but none on a core.
    fn divide(&mut self, length: f64, threads: &[Sample]) -> (f64, f64, f64) {
        self.backlog += threads.iter().map(|thread| thread.on_core).sum::<f64>();
        let busy = self.backlog.min(length);
        self.backlog = (self.backlog - busy).min(LAG);
        let lasting = threads.iter().filter(|thread| !thread.is_new);
        let all_blocked = lasting.map(|thread| thread.blocked).fold(f64::INFINITY, f64::min);
        // Of threads that take turns one is ready while another is blocked: the waits for a core add up to what is none.
        let takes_turns = |thread: &&Sample| thread.is_running || thread.wait.is_none_or(|wait| !wait.is_outside());
        let delayed: f64 = threads.iter().filter(takes_turns).map(|thread| thread.delayed).sum();
        let rest = (length - busy - delayed).max(0.0);
        let waiting = if all_blocked.is_finite() { all_blocked.min(rest) } else { 0.0 };
        (busy, waiting, length - busy - waiting)
    }

    /// A line gets the CPU time of the threads that are in it, and of the waiting the part of those that wait for something outside.
    fn count_lines(&mut self, threads: &[Sample], waiting: f64) {
        let has_outside = |thread: &&Sample| thread.wait.is_some_and(Wait::is_outside) && thread.blocked > 0.0;
        let waiters = threads.iter().filter(has_outside).count().max(1);
        for thread in threads {
            let Some(line) = &thread.line else { continue };
            let hot = self.lines.entry(line.clone()).or_default();
            // A thread that waits in this line computed, for the greater part, elsewhere; nobody saw where.
            match thread.holds_gil {
                Some(true) => hot.python += thread.on_core,
                _ => hot.native += thread.on_core,
            }
            if has_outside(&thread) && !thread.is_running {
                hot.waiting += waiting / waiters as f64;
            }
        }
    }

    /// The recording, once the program has ended.
    pub fn finish(mut self, (interpreter, gil_seen): (Interpreter, bool)) -> Recording {
        // Where the start can be told apart, everything before the interpreter was there is part of it.
        let first = if gil_seen && !self.is_attached { &mut self.start } else { &mut self.work };
        first.add(&self.before);
        let counted = self.start.sums.outside + self.work.sums.outside;
        self.work.sums.add_unseen(self.children - counted);
        let waiting = self.work.sums.waiting();
        let mut lines: Vec<Hot> =
            self.lines.into_iter().map(|(line, hot)| Hot { place: place(&line), ..hot }).collect();
        lines.sort_by(|a, b| b.all().total_cmp(&a.all()));
        lines.truncate(MOST_LINES);
        let work = settle(self.work.finish(), self.waits_seen);
        Recording {
            interpreter,
            gil_seen,
            releases: releases(&self.changes, &work),
            kernel: self.kernel,
            waits_seen: self.waits_seen,
            work_samples: self.work_samples as f64,
            overlap: if waiting > 0.0 { self.outside_waits / waiting } else { 0.0 },
            event_loop: if self.outside_waits > 0.0 { self.loop_waits / self.outside_waits } else { 0.0 },
            start: settle(self.start.finish(), self.waits_seen),
            work,
            threads: self.most_threads as f64,
            processes: self.processes as f64,
            lines,
            ..Recording::default()
        }
    }
}

impl Together {
    fn add(&mut self, other: &Together) {
        self.cpu += other.cpu;
        self.held += other.held;
        self.busy += other.busy;
        self.delayed += other.delayed;
    }

    /// The CPU time with the GIL. Whoever holds it waits for a core as often as the program as a whole does, and a machine that is busy
    /// with others must not make this look like computing.
    fn python(&self) -> f64 {
        let active = self.busy + self.delayed;
        let on_core = if active > 0.0 { self.busy / active } else { 0.0 };
        (self.held * on_core).min(self.cpu)
    }
}

impl PhaseTotals {
    fn add(&mut self, other: &PhaseTotals) {
        self.sums.add(&other.sums);
        self.held.with += other.held.with;
        self.held.without += other.held.without;
        self.held.not_caught += other.held.not_caught;
        self.held.unseen += other.held.unseen;
        self.held.together.add(&other.held.together);
    }

    fn count_cpu(&mut self, length: f64, (busy, delayed): (f64, f64), threads: &[Sample]) {
        let (main, others): (Vec<&Sample>, Vec<&Sample>) = threads.iter().partition(|thread| thread.is_main);
        self.sums.outside += others.iter().map(|thread| thread.on_core).sum::<f64>();
        let sees_gil = main.iter().all(|thread| thread.holds_gil.is_some());
        if sees_gil && main.iter().filter(|thread| thread.has_run).count() > 1 {
            let together = &mut self.held.together;
            together.cpu += main.iter().map(|thread| thread.on_core).sum::<f64>();
            together.held += if main.iter().any(|thread| thread.holds_gil == Some(true)) { length } else { 0.0 };
            together.busy += busy;
            together.delayed += delayed;
            return;
        }
        for thread in main {
            let part = match thread.holds_gil {
                None => &mut self.held.unseen,
                Some(true) => &mut self.held.with,
                Some(false) if thread.is_running => &mut self.held.without,
                Some(false) => &mut self.held.not_caught,
            };
            *part += thread.on_core;
        }
    }

    /// CPU time of threads that were not caught computing is divided like that of those that were.
    fn finish(mut self) -> Sums {
        let Held { with, without, not_caught, unseen, together } = self.held;
        let caught = with + without;
        // Python that nobody caught is taken for Python: threads that run in short bursts hold the GIL around every call.
        let share = if caught > 0.0 { with / caught } else { 1.0 };
        let together_python = together.python();
        self.sums.python = with + not_caught * share + together_python;
        self.sums.native = without + not_caught * (1.0 - share) + together.cpu - together_python;
        self.sums.unsplit = unseen;
        self.sums
    }
}

/// How often the GIL was let go in all. If it is held in a share `p` of the time, and taken and let go at random with the rate `r`, two
/// looks at a distance `d` differ with the probability `2p(1-p)(1-exp(-rd))`, and it is let go `rp(1-p)` times in a unit of time. A
/// thread that waits for a core changes nothing.
fn releases(changes: &[Changes], work: &Sums) -> f64 {
    /// What is nearly as likely as for looks that have nothing to do with each other says no more than that.
    const MOST: f64 = 0.95;
    let sum = |of: fn(&Changes) -> f64| changes.iter().map(of).sum::<f64>();
    let (pairs, changed, length) = (sum(|one| one.pairs), sum(|one| one.changes), sum(|one| one.length));
    let cpu = work.python + work.native;
    let share = if cpu > 0.0 { work.python / cpu } else { 0.0 };
    let both = share * (1.0 - share);
    if changed <= 0.0 || length <= 0.0 || both <= 0.0 {
        return 0.0;
    }
    let on_core = work.busy / (work.busy + work.delayed).max(1.0);
    let likely = (changed / pairs / on_core.max(0.05) / (2.0 * both)).min(MOST);
    let rate = -(1.0 - likely).ln() / (length / pairs);
    rate * both * cpu
}

fn place(line: &Line) -> String {
    let Line { file, function, line, library } = line;
    let via = library.as_ref().map_or_else(String::new, |library| format!("{VIA}{library}"));
    format!("{file}:{line} {function}{via}")
}

/// The threads whose waits would overlap: those that wait for somebody outside. Threads that wait for each other, through a socket or a
/// pipe, wait for one thing together; and who waits for a client waits for nothing.
fn waiters(threads: &[Sample]) -> Vec<&Sample> {
    let all = |end: End| {
        let is_one = move |thread: &&Sample| thread.wait.is_some_and(Wait::is_outside) && thread.end == end;
        threads.iter().filter(is_one).filter(|thread| thread.blocked > 0.0)
    };
    let outside: Vec<&Sample> = all(End::Outside).collect();
    if outside.is_empty() { all(End::Inside).take(1).collect() } else { outside }
}

/// A thread that computes at every sample was blocked in between, on what nobody saw: most likely on what it was seen to wait for. If
/// it was seen to wait for nothing, it is what the kernel's counters lag behind, or what the machine took for itself.
fn settle(mut sums: Sums, waits_seen: bool) -> Sums {
    let (unknown, gil) = (sums.wait(Wait::Unknown), sums.wait(Wait::Gil));
    // While all wait for the GIL nobody holds it: that is what counters lag behind, too.
    sums.add_wait(Wait::Gil, -gil);
    sums.add_wait(Wait::Unknown, gil);
    let unknown = unknown + gil;
    let known = sums.waiting() - unknown;
    if !waits_seen || unknown == 0.0 {
        return sums;
    }
    sums.add_wait(Wait::Unknown, -unknown);
    if known > 0.0 {
        sums.waits.iter_mut().for_each(|ns| *ns *= 1.0 + unknown / known);
    } else {
        sums.delayed += unknown;
    }
    sums
}

/// What the program waits for if all threads are blocked: what somebody outside will end. Only if there is no such wait, the others
/// count; they are most often threads that wait for each other's end.
fn reasons(threads: &[Sample]) -> Vec<Wait> {
    let all = |outside: bool| {
        let of = |thread: &Sample| thread.wait.filter(|wait| wait.is_outside() == outside);
        threads.iter().filter(|thread| thread.blocked > 0.0).filter_map(of).collect::<Vec<_>>()
    };
    let outside = all(true);
    let known: Vec<Wait> = outside.iter().copied().filter(|wait| *wait != Wait::Unknown).collect();
    let found = [known, outside, all(false)].into_iter().find(|list| !list.is_empty());
    found.unwrap_or_else(|| vec![Wait::Unknown])
}

/// Of the threads that mostly wait, the largest share of time spent waiting for the GIL; and of those that waited for other threads
/// again and again, the share of time that they did.
pub fn convoy_and_contention(threads: &[ThreadTotals]) -> (f64, f64) {
    let alive = |one: &ThreadTotals| one.on_core + one.gil + one.lock + one.outside;
    // One of many that compute has little of the core, too; but it does not wait for anybody outside.
    let waits_outside = |one: &&ThreadTotals| one.outside > one.on_core && one.on_core < 0.3 * alive(one);
    let convoy = threads.iter().filter(waits_outside).map(|one| one.gil / alive(one)).fold(0.0, f64::max);
    let contended: Vec<&ThreadTotals> = threads.iter().filter(|one| one.lock_waits >= FEW_WAITS).collect();
    let all: f64 = contended.iter().map(|one| alive(one)).sum();
    let locked: f64 = contended.iter().map(|one| one.lock).sum();
    (convoy, if all > 0.0 && contended.len() > 1 { locked / all } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: f64 = 1e6;

    fn thread(on_core: f64, blocked: f64, wait: Wait) -> Sample {
        Sample {
            on_core: on_core * MS,
            blocked: blocked * MS,
            has_run: on_core > 0.0,
            wait: Some(wait),
            may_know: true,
            holds_gil: Some(false),
            is_main: true,
            ..Sample::default()
        }
    }

    fn of(samples: &[&[Sample]]) -> Sums {
        let mut totals = Totals::new(false);
        for threads in samples {
            totals.add(10_000_000, Some(Phase::Work), threads);
        }
        totals.finish((Interpreter::default(), true)).work
    }

    #[test]
    fn a_loaded_machine_does_not_look_like_waiting() {
        let ready = Sample { delayed: 5.0 * MS, ..thread(5.0, 0.0, Wait::Socket) };
        let sums = of(&[&[ready]]);
        assert_eq!((sums.busy, sums.delayed, sums.waiting()), (5.0 * MS, 5.0 * MS, 0.0));
    }

    #[test]
    fn a_loaded_machine_does_not_hide_parallelism() {
        let ready = Sample { delayed: 8.0 * MS, ..thread(2.0, 0.0, Wait::Lock) };
        let recording = |threads: &[Sample]| {
            let mut totals = Totals::new(false);
            totals.add(10_000_000, Some(Phase::Work), threads);
            Recording { cores: 4.0, ..totals.finish((Interpreter::default(), true)) }
        };
        assert_eq!(recording(&[ready.clone(), ready.clone(), ready.clone()]).parallelism(), 3.0);
        assert_eq!(recording(&[ready]).parallelism(), 1.0);
        let turns = [thread(5.0, 5.0, Wait::Gil), thread(5.0, 5.0, Wait::Gil)];
        assert_eq!(recording(&turns).parallelism(), 1.0, "they take turns");
    }

    #[test]
    fn threads_that_take_turns_with_the_gil_are_one_core_on_a_loaded_machine_too() {
        // One holds the GIL; the other wakes up to ask for it, and waits for a core.
        let holder = Sample { holds_gil: Some(true), is_running: true, ..thread(5.0, 1.0, Wait::Gil) };
        let asks = Sample { is_running: true, delayed: 6.0 * MS, ..thread(4.0, 0.0, Wait::Gil) };
        let mut totals = Totals::new(false);
        totals.add(10_000_000, Some(Phase::Work), &[holder, asks]);
        let interpreter = Interpreter::CPython { minor: 13, free_threaded: false };
        let recording = Recording { cores: 2.0, ..totals.finish((interpreter, true)) };
        assert_eq!((recording.work.python, recording.work.native), (9.0 * MS, 0.0));
        assert!(recording.work.ready > 1.4 * recording.work.busy, "several are ready");
        assert_eq!(recording.parallelism(), 1.0);
    }

    #[test]
    fn native_threads_are_no_python_because_one_of_them_holds_the_gil_now_and_then() {
        let holder = Sample { holds_gil: Some(true), is_running: true, ..thread(10.0, 0.0, Wait::Gil) };
        let native = Sample { is_running: true, ..thread(10.0, 0.0, Wait::Gil) };
        let rest: &[Sample] = &[native.clone(), native.clone()];
        let sums = of(&[&[holder, native], rest, rest, rest]);
        assert_eq!((sums.python, sums.native), (10.0 * MS, 70.0 * MS));
    }

    #[test]
    fn while_all_wait_for_the_gil_nobody_waits() {
        let sums = of(&[&[thread(0.0, 10.0, Wait::Gil), thread(0.0, 10.0, Wait::Gil)]]);
        assert_eq!((sums.waiting(), sums.delayed), (0.0, 10.0 * MS));
    }

    #[test]
    fn a_client_and_its_server_in_one_program_wait_for_one_thing() {
        let overlap = |threads: &[Sample]| {
            let mut totals = Totals::new(false);
            totals.add(10_000_000, Some(Phase::Work), threads);
            totals.finish((Interpreter::default(), true)).overlap
        };
        let at = |end| Sample { end, ..thread(0.0, 10.0, Wait::Socket) };
        let answers = thread(0.0, 10.0, Wait::Timer);
        assert_eq!(overlap(&[at(End::Inside), answers.clone(), at(End::Idle)]), 1.0);
        assert_eq!(overlap(&[at(End::Inside), at(End::Inside), at(End::Idle)]), 1.0);
        assert_eq!(overlap(&[at(End::Outside), answers]), 2.0);
        assert_eq!(overlap(&[thread(10.0, 0.0, Wait::Timer)]), 0.0, "without waiting there is nothing to overlap");
    }

    #[test]
    fn children_that_ended_between_two_samples_have_computed() {
        let waits = thread(0.0, 10.0, Wait::Pipe);
        let mut totals = Totals::new(false);
        totals.children = 6.0 * MS;
        totals.add(10_000_000, Some(Phase::Work), &[waits, Sample { is_main: false, ..thread(2.0, 8.0, Wait::Timer) }]);
        let work = totals.finish((Interpreter::default(), true)).work;
        assert_eq!((work.outside, work.busy), (6.0 * MS, 6.0 * MS));
        assert!((work.judged() - 10.0 * MS).abs() < 1.0, "nothing is added, it was taken for waiting: {work:?}");
    }

    #[test]
    fn the_rate_of_a_lock_is_known_from_looks_that_differ() {
        let work = Sums { python: 0.5e9, native: 0.5e9, busy: 1e9, ..Sums::default() };
        let looks = |changes| [Changes { pairs: 1000.0, changes, length: 1e6 }];
        assert_eq!(releases(&looks(0.0), &work), 0.0);
        assert_eq!(releases(&[], &work), 0.0);
        // Half held: taken and let go once in 100 us, two looks at a distance of 1 us differ with a probability of 2 %.
        let slow = releases(&looks(20.0), &work);
        assert!((9_500.0..11_000.0).contains(&slow), "{slow}");
        let fast = releases(&looks(400.0), &work);
        assert!(fast > 30.0 * slow, "more than in proportion, since some are missed: {fast}");
        let delayed = Sums { delayed: 1e9, ..work };
        assert!(releases(&looks(20.0), &delayed) > 1.9 * slow, "half of the looks met a thread that waited for a core");
    }

    #[test]
    fn waiting_with_the_gil_in_hand_is_told_apart() {
        let holds = Sample { holds_gil: Some(true), ..thread(0.0, 10.0, Wait::Timer) };
        assert_eq!(of(&[std::slice::from_ref(&holds)]).held, 10.0 * MS);
        assert_eq!(of(&[&[thread(0.0, 10.0, Wait::Timer)]]).held, 0.0);
        assert_eq!(of(&[&[Sample { is_running: true, ..holds }]]).held, 0.0, "it runs again");
    }

    #[test]
    fn while_one_of_those_that_take_turns_waits_for_a_core_nobody_waits() {
        // The first held the GIL, on a core and ready for one, then the second; the third joins them.
        let turn = |delayed: f64| Sample { delayed: delayed * MS, ..thread(3.0, 5.0, Wait::Gil) };
        let sums = of(&[&[turn(2.0), turn(2.0), thread(0.0, 10.0, Wait::Lock)]]);
        assert_eq!((sums.busy, sums.delayed, sums.waiting()), (6.0 * MS, 4.0 * MS, 0.0));
        // Many that wait for somebody outside do not keep each other from waiting.
        let late = Sample { delayed: 2.0 * MS, ..thread(0.1, 7.9, Wait::Socket) };
        assert!(of(&[&vec![late; 9]]).waiting() > 7.0 * MS);
    }

    #[test]
    fn the_program_waits_for_what_is_outside_not_for_its_own_threads() {
        let joins = thread(0.0, 10.0, Wait::Lock);
        let sums = of(&[&[joins.clone(), thread(0.0, 10.0, Wait::Socket)]]);
        assert_eq!((sums.wait(Wait::Socket), sums.wait(Wait::Lock)), (10.0 * MS, 0.0));
        assert_eq!(of(&[&[joins]]).wait(Wait::Lock), 10.0 * MS);
    }

    #[test]
    fn a_thread_that_has_just_begun_does_not_end_the_waiting_of_the_others() {
        let new = Sample { is_new: true, ..thread(0.0, 0.0, Wait::Timer) };
        assert_eq!(of(&[&[thread(0.0, 10.0, Wait::Timer), new]]).wait(Wait::Timer), 10.0 * MS);
    }

    #[test]
    fn threads_that_take_turns_keep_the_program_busy() {
        let turns = [thread(5.0, 5.0, Wait::Gil), thread(5.0, 5.0, Wait::Gil)];
        let sums = of(&[&turns]);
        assert_eq!((sums.busy, sums.waiting()), (10.0 * MS, 0.0));
    }

    #[test]
    fn cpu_time_is_divided_by_who_was_caught() {
        let holder = Sample { holds_gil: Some(true), is_running: true, ..thread(6.0, 0.0, Wait::Timer) };
        let native = Sample { is_running: true, ..thread(2.0, 0.0, Wait::Timer) };
        let asleep = thread(4.0, 6.0, Wait::Timer);
        let sums = of(&[&[holder], &[native], &[asleep]]);
        assert_eq!((sums.python, sums.native), (9.0 * MS, 3.0 * MS));
        let child = Sample { is_main: false, ..thread(3.0, 0.0, Wait::Timer) };
        assert_eq!(of(&[&[child]]).outside, 3.0 * MS);
    }

    #[test]
    fn blocked_time_without_a_reason_goes_to_the_reasons_that_were_seen() {
        let unseen = Sample { wait: None, ..thread(0.0, 10.0, Wait::Timer) };
        let sums = of(&[&[thread(0.0, 10.0, Wait::Timer)], std::slice::from_ref(&unseen)]);
        assert_eq!((sums.wait(Wait::Timer), sums.wait(Wait::Unknown)), (20.0 * MS, 0.0));
        let sums = of(&[&[unseen]]);
        assert_eq!((sums.waiting(), sums.delayed), (0.0, 10.0 * MS));
    }

    #[test]
    fn a_convoy_is_a_waiting_thread_that_waits_for_the_gil() {
        let echo = ThreadTotals { on_core: 1.0, gil: 7.0, outside: 2.0, ..ThreadTotals::default() };
        let computes = ThreadTotals { on_core: 9.0, gil: 1.0, ..ThreadTotals::default() };
        assert_eq!(convoy_and_contention(&[echo, computes]), (0.7, 0.0));
        assert_eq!(convoy_and_contention(&[computes, computes]), (0.0, 0.0), "threads that compute are no convoy");
        let one_of_many = ThreadTotals { on_core: 2.0, gil: 7.0, outside: 0.1, ..ThreadTotals::default() };
        assert_eq!(convoy_and_contention(&[one_of_many, one_of_many]).0, 0.0, "nor are those that take turns");
        let locked = ThreadTotals { on_core: 1.0, lock: 3.0, lock_waits: 9, ..ThreadTotals::default() };
        assert_eq!(convoy_and_contention(&[locked, locked]).1, 0.75);
        let joined = ThreadTotals { lock: 9.0, lock_waits: 1, ..ThreadTotals::default() };
        assert_eq!(convoy_and_contention(&[joined, joined, locked]).1, 0.0);
    }
}
