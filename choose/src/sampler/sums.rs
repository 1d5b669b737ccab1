//! From samples to sums: what the program as a whole did in each stretch of time.

use std::collections::HashMap;

use crate::cpython::{Changes, Line};
use crate::recording::{Hot, Interpreter, Recording, Sums, VIA};
use crate::wait::Wait;

use super::gil_time::{PhaseTotals, releases};
use super::peers::End;
use super::sample::{Phase, Sample};

/// The kernel counts a running thread at its own ticks: CPU time may be counted so much later than it was spent, in ns.
const LAG: f64 = 10e6;
/// Lines that are kept.
const MOST_LINES: usize = 10;
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
}
