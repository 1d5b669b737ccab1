//! On one core threads wait together and compute in turns; on several cores they compute at the same time.

use std::time::Duration;

use lab::claims::{Outcome, Verdict};
use lab::cores_used::CoresUsed;
use lab::lang::Text;
use lab::machine;
use lab::report::{Measure, Report, Unit};
use lab::trace::{Lane, State, Trace};
use threading::experiments::one_core::report::{needs_cores, on_twin, waits_on_one_core};

fn outcome(verdict: Verdict) -> Outcome {
    verdict.outcome
}

fn used(cores: f64, foreign: f64) -> CoresUsed {
    CoresUsed { cores: Some(cores), wall: 1e9, foreign: Some(foreign) }
}

#[test]
fn waiting_in_turn_is_not_waiting_together() {
    let lane = |start: u64| Lane::of(Text::default(), State::WaitingForIo, start, start + 10);
    let judged = |starts: &[u64]| {
        let trace = Trace::new(Text::default(), starts.iter().map(|start| lane(*start)).collect());
        outcome(waits_on_one_core("x", Some(&trace), &Text::default()))
    };
    assert_eq!(judged(&[0, 1, 2]), Outcome::Holds);
    assert_eq!(judged(&[0, 10, 20]), Outcome::DoesNotHold, "in sequence");
    assert_eq!(judged(&[0, 1, 10]), Outcome::DoesNotHold, "one of them came late");
    let why_not = Text::same("why");
    assert_eq!(outcome(waits_on_one_core("x", None, &why_not)), Outcome::NotMeasured(why_not));
}

#[test]
fn parallel_on_several_cores_only() {
    let judged = |one, all| outcome(needs_cores("x", one, all, &Text::same("why")));
    assert_eq!(judged(Some(1.0), used(1.9, 0.0)), Outcome::Holds);
    assert_eq!(judged(Some(0.4), used(1.3, 0.9)), Outcome::Holds, "however busy the machine");
    assert_eq!(judged(Some(1.9), used(1.9, 0.0)), Outcome::DoesNotHold, "nobody was bound to one core");
    assert_eq!(judged(None, used(1.9, 0.0)), Outcome::NotMeasured(Text::same("why")));
    assert!(matches!(judged(Some(1.0), used(0.9, 0.9)), Outcome::NotMeasured(_)), "too busy to tell");
    if machine::cores() > 1 {
        assert_eq!(judged(Some(1.0), used(1.0, 0.0)), Outcome::DoesNotHold, "a GIL");
    }
}

#[test]
fn a_python_that_cannot_bind_is_not_measured_and_says_why() {
    let measures = [("cores.processes.all", Unit::Times, 1.9), ("wall.processes.all", Unit::Ns, 1e9)]
        .map(|(id, unit, value)| Measure::new(id, Text::default(), unit, vec![value]));
    let verdicts = on_twin("x", &Report { measures: measures.into(), ..Report::default() }, Some(0.0));
    assert_eq!(verdicts.len(), 2);
    for verdict in verdicts {
        let why = matches!(&verdict.outcome, Outcome::NotMeasured(why) if why.en.contains("sched_setaffinity"));
        assert!(why, "{verdict:?}");
    }
}

#[cfg(target_os = "linux")]
mod on_this_machine {
    use super::*;

    use lab::affinity::on_one_core;
    use lab::trace::Recorder;
    use rustix::thread::sched_getaffinity;
    use threading::experiments::one_core::{Job, compute, waited};

    /// On a busy machine two threads may never be on a core at the same time in one run, and one may come late to a wait.
    const ATTEMPTS: usize = 10;

    const JOB: Job = Job { threads: 3, pause: Duration::from_secs(1), iterations: 60_000_000 };

    fn may_use() -> u32 {
        sched_getaffinity(None).unwrap().count()
    }

    #[test]
    fn a_thread_and_those_that_it_starts_are_bound_and_nobody_else() {
        let before = may_use();
        let inside = on_one_core(|| (may_use(), std::thread::spawn(may_use).join().unwrap())).unwrap();
        assert_eq!(inside, (1, 1));
        assert_eq!((may_use(), std::thread::spawn(may_use).join().unwrap()), (before, before));
    }

    #[test]
    fn on_one_core_all_wait_at_once() {
        let holds = || {
            let trace = on_one_core(|| waited(JOB, Text::default())).unwrap().unwrap();
            outcome(waits_on_one_core("x", Some(&trace), &Text::default())) == Outcome::Holds
        };
        assert!((0..ATTEMPTS).any(|_| holds()));
    }

    fn computed() -> Trace {
        let recorder = Recorder::new();
        compute(JOB, (0..JOB.threads).map(|_| recorder.lane(Text::default())).collect()).unwrap();
        recorder.finish(Text::default())
    }

    #[test]
    fn on_one_core_threads_compute_in_turns_and_on_several_at_once() {
        // A wait for the core that is too short to be noticed counts as running: hence not 1.
        let in_turns = |trace: &Trace| trace.mean_in_flight(State::Running) <= 1.2;
        let bound = on_one_core(computed).unwrap();
        assert!(in_turns(&bound), "{}", bound.mean_in_flight(State::Running));
        let lane = || Lane::of(Text::default(), State::Running, 0, 10);
        assert!(!in_turns(&Trace::new(Text::default(), vec![lane(), lane()])), "two at the same time");
        let waits_for_the_core = |lane: &Lane| lane.time_in(State::Ready) > 0;
        assert!(bound.lanes.iter().any(waits_for_the_core), "three threads, one core, and nobody waits for it");
        if machine::cores() < 2 {
            return println!("not measured: there is only one core");
        }
        assert!((0..ATTEMPTS).any(|_| !computed().is_serial(State::Running)), "not bound, and never two at once");
    }
}
