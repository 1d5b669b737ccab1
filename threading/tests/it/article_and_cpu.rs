//! The listing's threads wait together; the loop is serial only under the lock; all techniques do the same work.

use std::time::Duration;

use gil_sim::loops;
use gil_sim::sim::{Kind, Machine};
use lab::lang::Text;
use lab::say;
use lab::trace::Recorder;
use lab::trace::{State, Trace};
use threading::article;
use threading::experiments::cpu::{self, Job, predicted};

/// Runs a technique with more and more iterations until its trace is good enough, however busy the machine is.
fn record(technique: impl Fn(Job, Vec<lab::trace::LaneRecorder>) -> u64, enough: impl Fn(&Trace) -> bool) -> Trace {
    let mut iterations = 1_000_000;
    loop {
        let job = Job { jobs: 2, iterations };
        let recorder = Recorder::new();
        let lanes = (0..2).map(|i| recorder.lane(Text::same(i.to_string()))).collect();
        assert_eq!(technique(job, lanes), 2 * loops::sum(iterations));
        let trace = recorder.finish(Text::default());
        if enough(&trace) {
            return trace;
        }
        iterations *= 2;
    }
}

fn lived_together(trace: &Trace) -> bool {
    trace.peak_in_flight(&State::ALL) == 2
}

#[test]
fn the_loop_is_serial_only_where_something_makes_it_so() {
    assert!(record(cpu::sequence, |_| true).is_serial(State::Running));
    assert!(record(cpu::threads_under_gil, lived_together).is_serial(State::Running));
    // The known-wrong program: the same work without a lock.
    assert!(!record(cpu::threads, lived_together).is_serial(State::Running));
}

#[test]
fn rayon_and_crossbeam_do_all_the_work() {
    record(cpu::rayon, |_| true);
    record(cpu::crossbeam, |_| true);
}

#[test]
fn the_listing_says_ten_lines_and_its_threads_wait_together() {
    say::quietly();
    article::listing(Duration::from_secs(1));
    let lines = say::take();
    let lanes = say::lanes(&lines, State::WaitingForIo);
    assert_eq!((lines.len(), lanes.len()), (10, 5));
    let second = 1_000_000_000;
    assert!(lanes.iter().all(|lane| lane.spans[0].end - lane.spans[0].start >= second));
    let trace = Trace::new(Text::default(), lanes);
    assert!(trace.peak_in_flight(&[State::WaitingForIo]) > 1);
}

const MS: f64 = 1e6;

/// Four jobs of 20 ms on two cores, as the simulator sees them.
fn simulated(kind: Kind) -> f64 {
    predicted::predict(kind, 20.0 * MS, 4, &Machine::typical(2)).lasted as f64
}

#[test]
fn the_simulator_says_two_cores_are_used_only_without_the_lock() {
    // Lower bounds, however the work is shared out: 80 ms one at a time, 40 ms on two cores.
    let serial = |kind| simulated(kind) >= 80.0 * MS;
    assert!(serial(Kind::Shared) && serial(Kind::Addressed));
    assert!(!serial(Kind::Free) && simulated(Kind::Free) >= 40.0 * MS);
}
