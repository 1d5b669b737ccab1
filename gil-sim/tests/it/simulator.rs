//! The simulator keeps the protocols' promises, on any machine it is given.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::{Path, PathBuf};

use gil_sim::scenario::{self, Scenario};
use gil_sim::sim::{self, Group, Kind, Machine, Outcome, Phase, Schedule, Setup, Speed, Step, Stepper};
use lab::lang::Text;
use lab::trace::State;

const MS: u64 = 1_000_000;

fn shipped(name: &str) -> Scenario {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name).with_extension("toml");
    scenario::read(&path).unwrap()
}

fn simulate(setup: &Setup, cores: usize) -> Outcome {
    sim::run(setup, &Machine::typical(cores), &Speed::typical())
}

fn kept(name: &str) -> Setup {
    Setup { keep: u64::MAX, ..shipped(name).setup }
}

fn group(count: usize, times: Option<u64>, steps: &[Step]) -> Group {
    Group { name: Text::same("t"), count, interpreter: 0, steps: steps.to_vec(), times }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let setup = Setup { end: 300 * MS, ..kept("convoy-two") };
    // Curves with spread, so that the dice matter.
    let mut machine = Machine::typical(2);
    machine.wake.points = vec![(0, vec![(1000, 500), (20_000, 12_000), (40_000, 13_000)])];
    let run = |seed| sim::run(&Setup { seed, ..setup.clone() }, &machine, &Speed::typical());
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).trace, run(2).trace);
}

#[test]
fn under_a_lock_one_computes_at_a_time_however_many_cores() {
    for kind in [Kind::Shared, Kind::Addressed, Kind::Ticks] {
        let interval = if kind == Kind::Ticks { 100 } else { 5 * MS };
        for cores in [1, 2, 8] {
            let setup = Setup {
                kind,
                interval,
                groups: vec![group(4, Some(1), &[Step::Run(20 * MS)])],
                end: 10_000 * MS,
                keep: u64::MAX,
                seed: 1,
            };
            let outcome = simulate(&setup, cores);
            assert!(outcome.trace.is_serial(State::Running), "{kind:?} on {cores} cores");
            assert!(outcome.threads.iter().all(|t| t.done.is_some()), "{kind:?} on {cores} cores: everyone gets in");
            assert!(outcome.lasted >= 80 * MS, "four times 20 ms of work take 80 ms");
        }
    }
}

/// The wrong twin of the test above.
#[test]
fn without_a_lock_they_compute_together() {
    let setup = Setup { kind: Kind::Free, ..kept("article-cpu") };
    let outcome = simulate(&setup, 2);
    assert_eq!(outcome.trace.peak_in_flight(&[State::Running]), 2);
    assert!(outcome.lasted < 2 * 200 * MS);
    assert_eq!(simulate(&setup, 1).lasted / MS, 400, "on one core they share it");
}

#[test]
fn two_interpreters_do_not_wait_for_each_other() {
    let outcome = simulate(&kept("interpreters"), 2);
    assert_eq!(outcome.trace.peak_in_flight(&[State::Running]), 2);
    assert!(outcome.threads.iter().all(|t| t.waited == 0));
}

#[test]
fn those_who_wait_wait_together() {
    let outcome = simulate(&kept("article-waiting"), 2);
    assert_eq!(outcome.trace.peak_in_flight(&[State::WaitingForIo]), 5);
    assert!(outcome.lasted < 2_000 * MS, "five waits of a second, side by side");
}

#[test]
fn native_code_runs_in_parallel_unless_it_keeps_the_lock() {
    let free = simulate(&kept("native"), 2);
    assert!(free.trace.overlap(0, 1, State::Native) > 0);
    let held = simulate(&kept("native-held"), 2);
    assert!(held.trace.is_serial(State::Running));
    assert!(held.lasted >= 2 * 20 * 10 * MS && free.lasted < held.lasted);
}

#[test]
fn nobody_keeps_the_lock_for_less_than_an_interval_while_another_computes() {
    for interval in [MS / 2, 5 * MS] {
        let setup = Setup { interval, ..kept("article-cpu") };
        let outcome = simulate(&setup, 2);
        let spans = outcome.trace.lanes.iter().flat_map(|lane| &lane.spans);
        let slices: Vec<u64> = spans.filter(|s| s.state == State::Running).map(|s| s.end - s.start).collect();
        // The two last ones end because the work does.
        let short = slices.iter().filter(|ns| **ns < interval).count();
        assert!(short <= 2, "{short} of {} slices are shorter than {interval} ns", slices.len());
        assert!(outcome.switches >= 2);
    }
}

#[test]
fn the_convoy_costs_an_interval_where_somebody_computes() {
    let rounds = |name: &str| {
        let setup = kept(name);
        let outcome = simulate(&setup, 2);
        (outcome.threads.last().unwrap().clone(), setup.interval)
    };
    let (io, interval) = rounds("convoy");
    let slow = io.latencies.iter().filter(|ns| **ns >= interval).count();
    assert!(2 * slow > io.latencies.len(), "{slow} of {} round trips", io.latencies.len());
    let mut alone = kept("convoy");
    alone.groups.remove(0);
    let io = simulate(&alone, 2).threads.remove(0);
    assert!(io.latencies.iter().all(|ns| *ns < interval), "alone nobody keeps it from the lock");
}

#[test]
fn a_thread_that_was_asked_has_somebody_who_asked() {
    let outcome = simulate(&kept("convoy"), 2);
    let asked = |lane: usize| outcome.trace.lanes[lane].spans.iter().any(|s| s.state == State::Requesting);
    assert!(asked(1), "the I/O thread asks");
}

#[test]
fn a_lock_of_the_programs_own_is_held_by_one() {
    let outcome = simulate(&kept("own-lock"), 2);
    assert!(outcome.threads.iter().all(|t| t.rounds == 10), "no deadlock with the GIL");
    // Who holds it waits for I/O; were there two, they would wait together.
    assert!(outcome.trace.is_serial(State::WaitingForIo));
}

#[test]
fn thousands_of_threads_and_many_cores_come_to_an_end() {
    let outcome = simulate(&shipped("thousands").setup, 2);
    assert_eq!(outcome.threads.len(), 2001);
    assert!(outcome.threads[1..].iter().all(|t| t.rounds > 0), "everyone got in");
    let many = Setup { end: 1_000 * MS, ..shipped("many-cores").setup };
    let outcome = simulate(&many, 128);
    assert!(outcome.threads.iter().filter(|t| t.held > 0).count() > 8);
}

#[test]
fn a_schedule_plays_the_same_steps_again() {
    for name in ["convoy", "convoy-two", "article-cpu", "python2", "native", "own-lock"] {
        let setup = Setup { end: 60 * MS, ..kept(name) };
        let outcome = simulate(&setup, 2);
        let schedule = Schedule::read(&outcome.schedule).unwrap();
        assert!(schedule.turns().len() > 20, "{name}: {} turns", schedule.turns().len());
        let mut stepper = Stepper::new(&setup);
        for (i, turn) in schedule.turns().iter().enumerate().take(2000) {
            assert!(stepper.go(*turn), "{name}: turn {} ({turn}) cannot be had", i + 1);
            assert!(stepper.computing() <= 1, "{name}: two at once after turn {}", i + 1);
        }
        let again = stepper.schedule().to_string();
        assert!(outcome.schedule.starts_with(&again), "{name}");
    }
}

#[test]
fn a_schedule_that_does_not_fit_is_refused() {
    let mut stepper = Stepper::new(&kept("article-cpu"));
    let turn = |words: &str| Schedule::read(words).unwrap().turns()[0];
    assert!(stepper.go(turn("a")));
    assert!(!stepper.go(turn("!a")), "a holds the lock: it does not wait");
    assert!(!stepper.go(turn("c")), "there are two threads");
    assert!(stepper.go(turn("b")), "b wants it and finds it taken");
    assert_eq!(stepper.phase(1), Phase::Waits);
    assert!(!stepper.go(turn("b")), "b sleeps");
    assert!(stepper.go(turn("!b")), "but its wait may be over");
    assert!(stepper.requested(0));
    assert!(stepper.undo());
    assert!(!stepper.requested(0), "undone");
    assert_eq!(stepper.turns().len(), 2);
}
