//! What `cpu` promises: who runs in turn, that all do the same work, and that nothing but the lock divides them.

use gil_sim::sim::{Kind, Machine};
use gil_sim::{Gil, SWITCH_INTERVAL, ThreadId, loops};
use lab::lang::Text;
use lab::python::Interpreter;
use lab::trace::{Recorder, State, Trace};
use threading::experiments::cpu::{self, Job, predicted};

/// Runs a technique until its jobs have lived at the same time, however long that takes on this machine today.
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
    // The same question of the same work, answered otherwise.
    assert!(!record(cpu::threads, lived_together).is_serial(State::Running));
}

#[test]
fn rayon_and_crossbeam_do_all_the_work() {
    record(cpu::rayon, |_| true);
    record(cpu::crossbeam, |_| true);
}

const MS: f64 = 1e6;

/// Four jobs of 20 ms on two cores, as the simulator sees them.
fn simulated(kind: Kind) -> f64 {
    predicted::predict(kind, 20.0 * MS, 4, &Machine::typical(2)).lasted as f64
}

#[test]
fn the_simulator_says_two_cores_are_used_only_without_the_lock() {
    // So long the work takes at least, however it is shared out: 80 ms by one at a time, 40 ms by two.
    let serial = |kind| simulated(kind) >= 80.0 * MS;
    assert!(serial(Kind::Shared) && serial(Kind::Addressed));
    assert!(!serial(Kind::Free) && simulated(Kind::Free) >= 40.0 * MS);
}

fn python(implementation: &str, minor: u32, gil: bool) -> Interpreter {
    Interpreter { path: "python3".into(), implementation: implementation.into(), version: [3, minor as _, 0], gil }
}

#[test]
fn every_interpreter_has_the_lock_of_its_version() {
    for (minor, gil, kind) in [
        (1, true, None),
        (2, true, Some(Kind::Shared)),
        (12, true, Some(Kind::Shared)),
        (13, true, Some(Kind::Addressed)),
        (14, true, Some(Kind::Addressed)),
        (15, true, Some(Kind::Addressed)),
        (15, false, Some(Kind::Free)),
        (13, false, Some(Kind::Free)),
    ] {
        assert_eq!(predicted::lock_of(&python("CPython", minor, gil)), kind, "3.{minor}");
    }
    assert_eq!(predicted::lock_of(&python("PyPy", 10, true)), None);
}

/// Jython, IronPython and RustPython have no GIL, PyPy and GraalPy have one, and of the rest nothing is known.
#[test]
fn an_unknown_implementation_is_not_taken_for_free_of_a_gil() {
    for (implementation, gil, expected) in [
        ("CPython", true, Some(true)),
        ("CPython", false, Some(false)),
        ("PyPy", true, Some(true)),
        ("GraalVM", false, Some(true)),
        ("Jython", false, Some(false)),
        ("RustPython", false, Some(false)),
        ("Snekpython", false, None),
        ("Snekpython", true, Some(true)),
    ] {
        assert_eq!(predicted::has_gil(&python(implementation, 15, gil)), expected, "{implementation}");
    }
    assert_eq!(predicted::lock_of(&python("Snekpython", 15, false)), None);
}

/// A run shorter than the kernel's counters can tell is judged by what the whole experiment saw.
#[test]
fn no_length_of_work_is_too_short_to_tell_how_busy_the_machine_was() {
    for iterations in (18..26).map(|bits| 1 << bits) {
        let report = cpu::run(Job { jobs: 4, iterations }, 1, None, &[]).unwrap();
        for verdict in &report.verdicts {
            assert!(!format!("{verdict:?}").contains("too short to tell"), "{iterations}: {verdict:?}");
        }
    }
}

/// CPU time of this thread so far, in ns.
#[cfg(target_os = "linux")]
fn own_cpu() -> u64 {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

/// Whether both loops cost about the same. The least CPU time of many interleaved runs is that of a quiet moment; a busy machine
/// only has it come later.
#[cfg(target_os = "linux")]
fn cost_the_same(one: &dyn Fn(), other: &dyn Fn()) -> bool {
    let cost = |work: &dyn Fn()| {
        let before = own_cpu();
        work();
        own_cpu() - before
    };
    let mut least = [u64::MAX; 2];
    (0..300).any(|round| {
        least = [least[0].min(cost(one)), least[1].min(cost(other))];
        let ratio = least[1] as f64 / least[0] as f64;
        round >= 10 && (0.85..=1.18).contains(&ratio)
    })
}

/// What divides the two must be the lock: alone, a job under the lock takes the CPU time of a job without one, in every build profile.
#[cfg(target_os = "linux")]
#[test]
fn the_loop_is_the_same_with_the_lock_and_without() {
    const ITERATIONS: u64 = 1_000_000;
    let gil = Gil::new(SWITCH_INTERVAL);
    let lane = || Recorder::new().lane(Text::default());
    let free = || assert_eq!(loops::free(&mut lane(), ITERATIONS), loops::sum(ITERATIONS));
    let under = || assert_eq!(loops::under(&gil, ThreadId(1), &mut lane(), ITERATIONS), loops::sum(ITERATIONS));
    assert!(cost_the_same(&free, &under));
    // The optimizer once made one of them cost 1.3 times the other.
    let dearer = || {
        under();
        loops::free(&mut lane(), ITERATIONS * 3 / 10);
    };
    assert!(!cost_the_same(&free, &dearer));
}
