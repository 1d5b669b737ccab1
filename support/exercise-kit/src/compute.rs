//! Computing so that it shows whether two threads were on a core at the same instant, on a busy machine too.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lab::trace::State;
use lab::{affinity, clock};

use crate::run::Lane;

/// A slice is at least this long, in ns.
const SLICE: u64 = 200_000;
/// Slices with less than this between them are drawn as one, in ns.
const GAP: u64 = SLICE / 4;
/// Two lanes that run together for this long were computing at the same instant, in ns: it is more than two slices may have lost at
/// their ends.
pub const TOGETHER: u64 = 250_000;

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
/// in all others. So two lanes that run at the same time were computing at the same instant, whatever else the machine did. Returns
/// when it ran.
pub fn compute(lane: &Lane, nth: usize, cpu: Duration, work: impl FnMut()) -> Vec<(u64, u64)> {
    let cpu = u64::try_from(cpu.as_nanos()).expect("a scenario computes for less than 500 years");
    affinity::on_core(nth, || match clock::thread_cpu() {
        Some(first) if is_clock_fine() => in_slices(lane, first + cpu, work),
        _ => vec![lane.during(State::Running, || for_a_while(cpu, work))],
    })
}

/// Where the system does not tell the CPU time of a thread.
fn for_a_while(ns: u64, mut work: impl FnMut()) -> (u64, u64) {
    let start = clock::now();
    while clock::now() < start + ns {
        work();
    }
    (start, clock::now())
}

fn in_slices(lane: &Lane, until: u64, mut work: impl FnMut()) -> Vec<(u64, u64)> {
    let cpu = || clock::thread_cpu().expect("it was told before");
    let mut drawn = Drawn { lane, last: None, ran: Vec::new() };
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
    drawn.ran
}

/// Whether two of those that compute have ever done so at the same instant: a busy machine takes longer until they do.
#[derive(Debug, Default)]
pub struct Overlaps {
    ran: Mutex<Vec<(usize, u64, u64)>>,
    seen: AtomicBool,
}

impl Overlaps {
    /// When one of them ran. Whether any two have computed at the same instant so far.
    pub fn add(&self, who: usize, ran: &[(u64, u64)]) -> bool {
        let mut all = self.ran.lock().unwrap_or_else(PoisonError::into_inner);
        for &(start, end) in ran {
            let common = |&(other, from, to): &(usize, u64, u64)| {
                other != who && to.min(end).saturating_sub(from.max(start)) >= TOGETHER
            };
            if all.iter().any(common) {
                self.seen.store(true, Ordering::SeqCst);
            }
        }
        all.extend(ran.iter().map(|&(start, end)| (who, start, end)));
        self.seen.load(Ordering::SeqCst)
    }
}

/// Slices of one state that follow each other closely become one span.
struct Drawn<'a> {
    lane: &'a Lane,
    last: Option<(State, u64, u64)>,
    ran: Vec<(u64, u64)>,
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
            if state == State::Running {
                self.ran.push((start, end));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computing_together_is_having_more_in_common_than_slices_may_lose() {
        let overlaps = Overlaps::default();
        let long = 10 * TOGETHER;
        assert!(!overlaps.add(0, &[(0, long)]));
        assert!(!overlaps.add(0, &[(0, long)]), "one and the same");
        assert!(!overlaps.add(1, &[(long - TOGETHER + 1, 2 * long)]), "too little in common");
        assert!(!overlaps.add(2, &[(3 * long, 4 * long)]), "nothing in common");
        assert!(overlaps.add(1, &[(4 * long - TOGETHER, 5 * long)]));
        assert!(overlaps.add(3, &[]), "once seen, always seen");
    }

    #[test]
    fn slices_of_one_state_become_one_span_and_a_pause_is_waiting() {
        let run = crate::Run::new("", "");
        let lane = run.lane(crate::Text::same("a"));
        let mut drawn = Drawn { lane: &lane, last: None, ran: Vec::new() };
        drawn.add(State::Running, 0, SLICE);
        drawn.add(State::Running, SLICE + GAP - 1, 2 * SLICE);
        drawn.add(State::Running, 2 * SLICE + GAP, 4 * SLICE);
        drawn.finish();
        assert_eq!(drawn.ran, [(0, 2 * SLICE), (2 * SLICE + GAP, 4 * SLICE)]);
        let spans = &run.recorded(None, true).trace.lanes[0].spans;
        let seen: Vec<_> = spans.iter().map(|span| (span.state, span.start, span.end)).collect();
        assert_eq!(
            seen,
            [
                (State::Running, 0, 2 * SLICE),
                (State::Ready, 2 * SLICE, 2 * SLICE + GAP),
                (State::Running, 2 * SLICE + GAP, 4 * SLICE)
            ]
        );
    }

    /// Only Linux is sure to tell the CPU time of a thread finely enough.
    #[cfg(target_os = "linux")]
    #[test]
    fn who_sleeps_is_not_seen_to_compute() {
        let run = crate::Run::new("", "");
        let (computes, sleeps) = (run.lane(crate::Text::same("computes")), run.lane(crate::Text::same("sleeps")));
        let ran =
            compute(&computes, 0, Duration::from_millis(50), || (0..100).for_each(|n| _ = std::hint::black_box(n)));
        assert!(!ran.is_empty());
        let slept = compute(&sleeps, 0, Duration::from_millis(1), || std::thread::sleep(Duration::from_millis(1)));
        assert_eq!(slept, []);
        let spans = &run.recorded(None, true).trace.lanes[1].spans;
        assert!(!spans.is_empty() && spans.iter().all(|span| span.state == State::Ready), "{spans:?}");
    }
}
