//! Computing so that it shows whether two threads were on a core at the same instant, on a busy machine too.

use std::time::Duration;

use lab::trace::State;
use lab::{affinity, clock};

use crate::run::Lane;

/// A slice is at least this long, in ns.
const SLICE: u64 = 200_000;
/// Slices with less than this between them are drawn as one, in ns.
const GAP: u64 = SLICE / 4;

/// Whether the CPU time of a thread is told finely enough to say of a slice whether its thread was on a core.
pub fn is_clock_fine() -> bool {
    let mut told = (0..20).filter_map(|_| {
        let start = clock::thread_cpu()?;
        (0..100_000).map_while(|_| clock::thread_cpu()).find(|now| *now != start).map(|now| now - start)
    });
    told.any(|step| step < SLICE / 4)
}

/// Calls `work`, which should take well under 0.2 ms, until this thread has had so much CPU time. It keeps to one core, the nth of
/// this process, so that a busy machine cannot put two of ours on the same one while another has room.
///
/// The lane is running in each slice of 0.2 ms in which the thread was on a core for at least 80 %, and ready (it waits for a core)
/// in all others. So two lanes that run at the same time were computing at the same instant, whatever else the machine did.
pub fn compute(lane: &Lane, nth: usize, cpu: Duration, work: impl FnMut()) {
    let cpu = u64::try_from(cpu.as_nanos()).expect("a scenario computes for less than 500 years");
    affinity::on_core(nth, || match clock::thread_cpu() {
        Some(first) if is_clock_fine() => in_slices(lane, first + cpu, work),
        _ => lane.during(State::Running, || for_a_while(cpu, work)),
    });
}

/// Where the system does not tell the CPU time of a thread.
fn for_a_while(ns: u64, mut work: impl FnMut()) {
    let end = clock::now() + ns;
    while clock::now() < end {
        work();
    }
}

fn in_slices(lane: &Lane, until: u64, mut work: impl FnMut()) {
    let cpu = || clock::thread_cpu().expect("it was told before");
    let mut drawn = Drawn { lane, last: None };
    let mut spent = 0;
    while spent < until {
        let (start, before) = (clock::now(), cpu());
        let mut end = start;
        while end - start < SLICE {
            work();
            end = clock::now();
        }
        spent = cpu();
        let on_core = (spent - before) * 10 >= (end - start) * 8;
        drawn.add(if on_core { State::Running } else { State::Ready }, start, end);
    }
    drawn.finish();
}

/// Slices of one state that follow each other closely become one span.
struct Drawn<'a> {
    lane: &'a Lane,
    last: Option<(State, u64, u64)>,
}

impl Drawn<'_> {
    fn add(&mut self, state: State, start: u64, end: u64) {
        match &mut self.last {
            Some((same, _, until)) if *same == state && start - *until < GAP => *until = end,
            _ => {
                let before = self.last.map(|(_, _, until)| until);
                self.finish();
                if let Some(until) = before.filter(|until| *until < start) {
                    // Between two slices: short, or the thread lost its core just there.
                    self.lane.span(State::Ready, until, start);
                }
                self.last = Some((state, start, end));
            }
        }
    }

    fn finish(&mut self) {
        if let Some((state, start, end)) = self.last.take() {
            self.lane.span(state, start, end);
        }
    }
}
