//! Two locks, taken in two orders: each thread holds what the other wants. With one order for all there is no deadlock.
//!
//! Here a wait for the second lock has an end, so that the broken program ends too. `detector` is the real thing: a child process
//! whose threads wait for ever, and parking_lot's detector, which finds them.
//!
//! Article: 뮤텍스(Mutex). Run: `cargo run -p mutex -- deadlock`. Python twin: `python/deadlock.py`.

use std::thread;
use std::time::Duration;

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Unit};
use lab::trace::LaneRecorder;
use lab::trace::{State, Trace};
use lab::{Error, Result, text, twin_script};
use parking_lot::Mutex;

use crate::claims;
use crate::outcomes::Class::{Acceptable, Forbidden, Interesting};
use crate::outcomes::{self, Outcome, Tally};
use crate::start_barrier::record_together;

pub mod detector;

/// An account. Its number says in which order accounts are locked.
#[derive(Debug)]
pub struct Account {
    number: u32,
    balance: Mutex<i64>,
}

impl Account {
    /// An account with some money.
    pub fn new(number: u32, balance: i64) -> Account {
        Account { number, balance: Mutex::new(balance) }
    }

    /// The money in it.
    pub fn balance(&self) -> i64 {
        *self.balance.lock()
    }
}

/// A way to transfer 1: `think` comes between the two locks, `enough` is how long the second is waited for. `None`: it gave up.
pub type Transfer =
    fn(from: &Account, to: &Account, lane: &mut LaneRecorder, think: &dyn Fn(), enough: Duration) -> Option<()>;

// ANCHOR: broken
/// Broken: the giving account first. Two transfers in opposite directions wait for each other.
pub fn from_first(
    from: &Account,
    to: &Account,
    lane: &mut LaneRecorder,
    think: &dyn Fn(),
    enough: Duration,
) -> Option<()> {
    let (mut from, mut to) = both(from, to, lane, think, enough)?;
    *from -= 1;
    *to += 1;
    Some(())
}
// ANCHOR_END: broken

// ANCHOR: fixed
/// Fixed: the lower number first, whatever the direction. A thread that holds the higher one has both and waits for no lock.
pub fn lower_first(
    from: &Account,
    to: &Account,
    lane: &mut LaneRecorder,
    think: &dyn Fn(),
    enough: Duration,
) -> Option<()> {
    if from.number < to.number {
        let (mut from, mut to) = both(from, to, lane, think, enough)?;
        *from -= 1;
        *to += 1;
    } else {
        let (mut to, mut from) = both(to, from, lane, think, enough)?;
        *from -= 1;
        *to += 1;
    }
    Some(())
}
// ANCHOR_END: fixed

type Held<'a> = parking_lot::MutexGuard<'a, i64>;

/// Locks one, thinks, locks the other.
fn both<'a>(
    first: &'a Account,
    second: &'a Account,
    lane: &mut LaneRecorder,
    think: &dyn Fn(),
    enough: Duration,
) -> Option<(Held<'a>, Held<'a>)> {
    lane.enter(State::WaitingForLock);
    let first = first.balance.lock();
    lane.enter(State::Running);
    think();
    lane.enter(State::WaitingForLock);
    let second = second.balance.try_lock_for(enough);
    if second.is_some() {
        lane.enter(State::Running);
    }
    Some((first, second?))
}

const DONE: Outcome = Outcome {
    id: "done",
    class: Acceptable,
    name: || text!("둘 다 끝남", "both done"),
    why: || text!("송금이 끝났고 합계가 그대로임", "the money was moved, the sum is right"),
};
const STUCK: Outcome = Outcome {
    id: "stuck",
    class: Interesting,
    name: || text!("교착", "deadlock"),
    why: || text!("서로 상대의 락을 기다림", "each waits for the other's lock"),
};
const TORN: Outcome = Outcome {
    id: "torn",
    class: Forbidden,
    name: || text!("합이 틀림", "wrong sum"),
    why: || text!("어떤 실행 순서로도 나올 수 없음", "no order leads to this"),
};

const BROKEN: &[Outcome] = &[DONE, STUCK, TORN];
const FIXED: &[Outcome] = &[
    DONE,
    Outcome {
        class: Forbidden,
        why: || text!("락을 획득하는 순서가 같아 불가능", "impossible with one order"),
        ..STUCK
    },
    TORN,
];

/// Both variants with what may come out.
pub const VARIANTS: [(&str, Transfer, &[Outcome]); 2] =
    [("from_first", from_first, BROKEN), ("lower_first", lower_first, FIXED)];

/// Two threads transfer 1 in opposite directions, at once. The lanes, and the outcome.
pub fn round(
    name: &str,
    transfer: Transfer,
    think: &(dyn Fn() + Sync),
    enough: Duration,
) -> Result<(Trace, &'static str)> {
    let (a, b) = (Account::new(1, 10), Account::new(2, 10));
    let names = vec![text!("1번 → 2번", "1 to 2"), text!("2번 → 1번", "2 to 1")];
    let (trace, done) = record_together(Text::default(), names, |n, lane| {
        let (from, to) = if n == 0 { (&a, &b) } else { (&b, &a) };
        let done = transfer(from, to, lane, think, enough).is_some();
        lane.leave();
        done
    })?;
    let outcome = match (a.balance() + b.balance(), done.iter().all(|done| *done)) {
        (20, true) => "done",
        (20, false) => "stuck",
        _ => "torn",
    };
    Ok((Trace { title: text!("Rust, {name}", "Rust, {name}"), ..trace }, outcome))
}

/// How long a thread computes between its two locks.
const THINK: Duration = Duration::from_millis(10);

/// `cargo run -p mutex -- deadlock`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let rounds = options.count("rounds", 1..=1000, 3, text!("반복 횟수", "how often it is repeated"));
    let timeout = options.timeout(0.02..=10.0, 0.1);
    let about = text!(
        "락 둘을 서로 다른 순서로 획득하기: 교착과 탐지기",
        "two locks, taken in two orders: deadlock, and a detector"
    );
    Experiment::new("deadlock", about, options, move |a| run(a.get(rounds), a.get(timeout), a.pythons()))
}

/// `rounds` rounds of both variants, and the detector in a child process.
pub fn run(rounds: u64, enough: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("mutex/deadlock");
    let mut tallies = Vec::new();
    for (name, transfer, lines) in VARIANTS {
        let mut tally = Tally::new(name, lines);
        for nth in 0..rounds {
            let (trace, outcome) = round(name, transfer, &|| thread::sleep(THINK), enough)?;
            tally.add(outcome, 1);
            if nth == 0 {
                report.traces.push(trace);
            }
        }
        tally.check()?;
        tallies.push(tally);
    }
    let title = text!("두 스레드가 반대 방향으로 송금한 결과", "two transfers in opposite directions: how they end");
    report.tables.push(outcomes::table(title, &tallies));
    report.measures = tallies.iter().flat_map(Tally::measures).collect();
    let judge = |(tally, one_order): (&Tally, bool)| {
        claims::lock_order(one_order, format!("Rust, {}", tally.variant), tally.seen("stuck"), tally.rounds())
    };
    report.verdicts = tallies.iter().zip([false, true]).map(judge).collect();
    let found = detector::ask()?;
    report.measures.extend(found.measures);
    report.measures_in_tables = pythons.is_empty();
    let args = [rounds.to_string(), enough.as_secs_f64().to_string()];
    python::join(&mut report, pythons, twin_script!("deadlock"), &args, &[], |_, _| Vec::new());
    report.notes.extend(notes(enough));
    report.shows = shows(&tallies, &report)?;
    Ok(report)
}

fn notes(enough: Duration) -> Vec<Text> {
    let enough = unit::value(enough.as_nanos() as f64, Unit::Ns);
    vec![
        text!(
            "그림에서 두 번째 락은 {enough}까지만 기다리므로 교착이 되어도 끝납니다. 대기 시간을 제한하는 것은 해법이 아니라 진단 방법입니다. 포기한 스레드는 처음부터 다시 해야 하고, 둘이 동시에 포기하기를 반복할 수도 있습니다(`philosophers`의 put-back).",
            "In the pictures, a thread waits at most {enough} for its second lock, so that a deadlock ends too. A time limit finds a deadlock but is no remedy: the thread that gives up must start again, and two may give up together again and again (put-back in `philosophers`)."
        ),
        text!(
            "탐지기는 자식 프로세스에서 실행됩니다. 교착에 빠진 스레드는 영원히 기다리므로 그 프로세스를 끝내는 수밖에 없습니다. std의 Mutex에는 탐지기도 시간 제한도 없습니다.",
            "The detector runs in a child process: the threads that it finds wait forever, and only ending the process ends that. std's mutex has neither a detector nor a time limit."
        ),
    ]
}

fn shows(tallies: &[Tally], report: &Report) -> Result<Text> {
    let (stuck, rounds) = (tallies[0].seen("stuck"), tallies[0].rounds());
    let fixed = tallies[1].seen("done");
    let found = report
        .measure("detector.opposite")
        .map(Measure::median)
        .ok_or_else(|| Error::failed(text!("탐지기의 측정값이 없습니다.", "the detector measured nothing.")))?;
    Ok(text!(
        "서로 다른 순서로 잠그면 {rounds}번 가운데 {stuck}번 교착이 되었고, 같은 순서로 잠그면 {fixed}번 모두 끝났습니다. 탐지기는 실제 교착에서 서로 기다리는 스레드 {found}개를 찾았습니다.",
        "Locked in two orders, {stuck} of {rounds} rounds ended in a deadlock; in one order, all {fixed} finished. In a real deadlock the detector found {found} threads that wait for each other."
    ))
}
