//! Runs a scenario of lab 04: ballot boxes whose votes nobody knows beforehand, and a note of each vote that is read.

use std::collections::BTreeMap;
use std::time::Duration;

use kit::sync::{self, Change, Model, Step};
use kit::{Run, State, draw};

use crate::submission::{self, Votes};

type Count = fn(Vec<Votes>) -> u64;

/// Runs one scenario.
pub fn run(scenario: &str, run: &Run) {
    match scenario {
        "atomic" => every_interleaving(run, submission::with_an_atomic),
        "mutex" => every_interleaving(run, submission::with_a_mutex),
        "own" => every_interleaving(run, submission::without_sharing),
        "threads" => real_threads(run),
        other => panic!("there is no scenario '{other}'"),
    }
}

/// The note of a vote, by its box.
const READS: [(&str, &str); 3] =
    [("상자 0 읽음", "reads box 0"), ("상자 1 읽음", "reads box 1"), ("상자 2 읽음", "reads box 2")];

/// One ballot box: whoever takes a vote out is noted.
struct Box_ {
    number: usize,
    votes: std::vec::IntoIter<u64>,
    reading: Duration,
}

impl Iterator for Box_ {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let vote = self.votes.next()?;
        if !self.reading.is_zero() {
            sync::lane(State::WaitingForIo, || std::thread::sleep(self.reading));
        }
        let (ko, en) = READS[self.number];
        sync::note(ko, en, Change::Is(vote as i64));
        Some(vote)
    }
}

fn boxes(all: &[Vec<u64>], reading: Duration) -> Vec<Votes> {
    let a_box = |(number, votes): (usize, &Vec<u64>)| {
        Box::new(Box_ { number, votes: votes.clone().into_iter(), reading }) as Votes
    };
    all.iter().enumerate().map(a_box).collect()
}

/// So many boxes with so many votes each, of 11 to 74 each.
fn ballots(many: usize, each: usize) -> Vec<Vec<u64>> {
    (0..many).map(|_| (0..each).map(|_| draw(11..75)).collect()).collect()
}

fn every_interleaving(run: &Run, count: Count) {
    let ballots = ballots(2, 2);
    let expected: u64 = ballots.iter().flatten().sum();
    run.fact("expected", expected);
    let recording = run.clone();
    let explored = sync::explore(Model::new("two boxes, two votes each", 2), 1, move |_| {
        let counted = count(boxes(&ballots, Duration::ZERO));
        sync::note("반환", "returns", Change::Is(counted as i64));
        if counted != expected {
            recording.fact("counted", counted);
            panic!("{counted} of {expected}");
        }
    });
    run.fact("counted", expected);
    run.fact("executions", explored.executions);
    run.fact("complete", explored.complete);
    used(run, "", &explored.last);
}

fn real_threads(run: &Run) {
    run.title(kit::text!("세 가지 방법으로 세기", "counting in three ways"));
    let ways: [(&str, Count); 3] = [
        ("atomic", submission::with_an_atomic),
        ("mutex", submission::with_a_mutex),
        ("own", submission::without_sharing),
    ];
    for (name, count) in ways {
        let ballots = ballots(3, 4);
        sync::real(run, || count(boxes(&ballots, Duration::from_millis(3))));
        sync::log(|log| used(run, name, log.steps()));
    }
}

/// What the counting threads used, and whether they were there at once.
fn used(run: &Run, way: &str, steps: &[Step]) {
    let fact = |name: &str, value: u64| run.fact(&named(way, name), value);
    let mut readers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut holds: BTreeMap<usize, usize> = BTreeMap::new();
    let (mut locks, mut atomics, mut under_lock, mut spawned, mut early_joins) = (0u64, 0u64, 0u64, 0u64, 0u64);
    let spawns = steps.iter().filter(|step| step.operation == "spawn").count() as u64;
    for step in steps {
        let held = holds.entry(step.thread).or_default();
        match (step.operation, step.value) {
            (reads, _) if READS.iter().any(|&(_, note)| note == reads) => {
                let by = readers.entry(reads).or_default();
                if !by.contains(&step.thread) {
                    by.push(step.thread);
                }
                under_lock += u64::from(*held > 0);
            }
            ("spawn", _) => spawned += 1,
            ("join", _) => early_joins += u64::from(spawned < spawns),
            ("try_lock", Change::Worked(false)) => (),
            ("lock" | "try_lock", _) => {
                *held += 1;
                locks += u64::from(step.thread != 0);
            }
            ("unlock", _) => *held = held.saturating_sub(1),
            (sync::WANTS | sync::WAKES | "wait", _) => (),
            _ if step.object.is_some() => atomics += u64::from(step.thread != 0),
            _ => (),
        }
    }
    run.fact(&named(way, "readers"), readers.into_values().collect::<Vec<_>>());
    fact("locks", locks);
    fact("atomics", atomics);
    fact("under_lock", under_lock);
    fact("spawned", spawns);
    fact("early_joins", early_joins);
}

fn named(way: &str, name: &str) -> String {
    if way.is_empty() { name.to_owned() } else { format!("{way}_{name}") }
}
