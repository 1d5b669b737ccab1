//! A lock that is held over an `.await`. std's blocks the thread, and with it the task that would let go; tokio's suspends the task.
//!
//! One thread, three tasks: two want the lock, the third only ticks. While the first holds std's lock and sleeps, the second
//! blocks the thread: nobody ticks, and the first never wakes. Here the wait has an end, so that the program has one.
//!
//! The compiler refuses what it can see. A guard of std may not go to another thread, so a task that holds one over an `.await`
//! cannot be given to `tokio::spawn`:
//!
//! ```compile_fail
//! let lock = std::sync::Arc::new(std::sync::Mutex::new(0));
//! tokio::spawn(async move {
//!     let mut held = lock.lock().unwrap();
//!     tokio::task::yield_now().await;
//!     *held += 1;
//! });
//! ```
//!
//! On one thread it accepts it, and clippy's `await_holding_lock` is what warns (`tests/it/compile_errors.rs` sees both refuse).
//!
//! Article: 뮤텍스(Mutex). Run: `cargo run -p mutex -- across-await`. Python twin: `python/across_await.py`.

use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Unit};
use lab::trace::{LaneRecorder, Recorder};
use lab::trace::{State, Trace};
use lab::{Result, text, twin_script};

use crate::outcomes::Class::{Acceptable, Forbidden, Interesting};
use crate::outcomes::{self, Outcome, Tally};

/// How long a task waits for its I/O while it holds the lock.
const IO: Duration = Duration::from_millis(20);
/// The period of the third task.
const TICK: Duration = Duration::from_millis(4);

/// Like std's `lock()`, which blocks the thread, but with a time limit.
fn lock_in_time(lock: &Mutex<u64>, patience: Duration) -> Option<MutexGuard<'_, u64>> {
    let deadline = Instant::now() + patience;
    loop {
        if let Ok(held) = lock.try_lock() {
            return Some(held);
        }
        if Instant::now() > deadline {
            return None;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Waits for I/O, in the lane too.
async fn io(lane: &mut LaneRecorder) {
    lane.enter(State::WaitingForIo);
    tokio::time::sleep(IO).await;
    lane.leave();
}

// ANCHOR: broken
/// Broken: the guard lives across the `.await`. Returns whether the task got the lock.
#[expect(clippy::await_holding_lock, reason = "this is the lesson; `expect` fails if clippy does not see it")]
async fn std_across(lock: &Mutex<u64>, lane: &mut LaneRecorder, patience: Duration) -> bool {
    lane.enter(State::WaitingForLock);
    let Some(mut held) = lock_in_time(lock, patience) else {
        return false;
    };
    io(lane).await;
    *held += 1;
    true
}
// ANCHOR_END: broken

// ANCHOR: dropped
/// Fixed: wait first, then lock; no task waits while it holds the lock.
async fn std_dropped(lock: &Mutex<u64>, lane: &mut LaneRecorder, patience: Duration) -> bool {
    io(lane).await;
    lane.enter(State::WaitingForLock);
    let held = lock_in_time(lock, patience);
    held.map(|mut held| *held += 1).is_some()
}
// ANCHOR_END: dropped

// ANCHOR: tokio
/// Fixed: a lock whose waiters are tasks. The thread goes on.
async fn tokio_across(lock: &tokio::sync::Mutex<u64>, lane: &mut LaneRecorder) -> bool {
    lane.enter(State::WaitingForLock);
    let mut held = lock.lock().await;
    io(lane).await;
    *held += 1;
    true
}
// ANCHOR_END: tokio

const DONE: Outcome = Outcome {
    id: "done",
    class: Acceptable,
    name: || text!("둘 다 끝남", "both done"),
    why: || text!("락을 쥔 태스크가 깨어나 락을 해제함", "the holder woke and released the lock"),
};
const STUCK: Outcome = Outcome {
    id: "stuck",
    class: Interesting,
    name: || text!("교착", "deadlock"),
    why: || {
        text!("스레드가 블로킹되어 락을 쥔 태스크가 깨어나지 못함", "the thread is blocked, so the holder cannot wake")
    },
};
const BROKEN: &[Outcome] = &[DONE, STUCK];
const FIXED: &[Outcome] = &[
    DONE,
    Outcome {
        class: Forbidden, why: || text!("스레드가 블로킹되지 않음", "nothing blocks the thread"), ..STUCK
    },
];

/// The result of one variant.
#[derive(Debug)]
pub struct VariantResult {
    /// Its lanes: two tasks with the lock, one that ticks.
    pub trace: Trace,
    /// `done` or `stuck`.
    pub outcome: &'static str,
    /// Ticks of the third task until the two others were done.
    pub ticks: u64,
}

/// The variants in the order of the report.
pub const VARIANTS: [(&str, &[Outcome]); 3] =
    [("std_across_await", BROKEN), ("std_dropped_before", FIXED), ("tokio_across_await", FIXED)];

/// Runs the variant's two tasks and the ticking one on a single thread.
pub fn watch(name: &'static str, patience: Duration) -> Result<VariantResult> {
    let recorder = Recorder::new();
    let task = |n: usize| recorder.lane(text!("태스크 {n}", "Task {n}"));
    let (mut a, mut b, mut ticker) = (task(0), task(1), recorder.lane(text!("타이머", "Ticker")));
    let (std, tokio) = (Mutex::new(0), tokio::sync::Mutex::new(0));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let both = async {
        match name {
            "std_across_await" => tokio::join!(std_across(&std, &mut a, patience), std_across(&std, &mut b, patience)),
            "std_dropped_before" => {
                tokio::join!(std_dropped(&std, &mut a, patience), std_dropped(&std, &mut b, patience))
            }
            _ => tokio::join!(tokio_across(&tokio, &mut a), tokio_across(&tokio, &mut b)),
        }
    };
    let mut ticks = 0;
    let tick = async {
        loop {
            tokio::time::sleep(TICK).await;
            ticker.during(State::Running, || thread::sleep(TICK / 8));
            ticks += 1;
        }
    };
    let got = runtime.block_on(async {
        tokio::select! {
            biased;
            got = both => got,
            () = tick => unreachable!("it ticks for ever"),
        }
    });
    drop((a, b, ticker));
    let outcome = if got == (true, true) { "done" } else { "stuck" };
    Ok(VariantResult { trace: recorder.finish(text!("Rust, {name}", "Rust, {name}")), outcome, ticks })
}

/// `cargo run -p mutex -- across-await`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let timeout = options.timeout(0.02..=10.0, 0.1);
    let about = text!("락을 쥔 채 await", "a lock that is held across an await");
    Experiment::new("across-await", about, options, move |a| run(a.get(timeout), a.pythons()))
}

/// Every variant once.
pub fn run(patience: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("mutex/across-await");
    let mut tallies = Vec::new();
    for (name, lines) in VARIANTS {
        let seen = watch(name, patience)?;
        let mut tally = Tally::new(name, lines);
        tally.add(seen.outcome, 1);
        tally.check()?;
        report.measures.extend(tally.measures());
        let (ticks, wall) = (seen.ticks as f64, seen.trace.duration() as f64);
        let ticked = text!("{name}: 타이머 틱 횟수", "{name}: timer ticks");
        report.measures.push(Measure::new(format!("ticks.{name}"), ticked, Unit::Count, vec![ticks]));
        let took = text!("{name}: 걸린 시간", "{name}: time taken");
        report.measures.push(Measure::new(format!("wall.{name}"), took, Unit::Ns, vec![wall]));
        report.traces.push(seen.trace);
        tallies.push(tally);
    }
    let title = text!("스레드 하나에서 락을 요청하는 태스크 둘", "two tasks on one thread request the lock");
    report.tables.push(outcomes::table(title, &tallies));
    let blocking = &tallies[0];
    report.verdicts.push(judge(&format!("Rust, {}", blocking.variant), blocking.seen("stuck") as f64));
    report.shows = shows(&report);
    let args = [patience.as_secs_f64().to_string()];
    python::join(&mut report, pythons, twin_script!("across_await"), &args, &[CLAIM], |python, twin| {
        let stuck = twin.measure("stuck.threading").map(Measure::median);
        stuck.map(|stuck| judge(&format!("{python}, threading.Lock"), stuck)).into_iter().collect()
    });
    report.notes.extend(notes(patience));
    Ok(report)
}

/// The claim's id in the ledger.
const CLAIM: &str = "lock-across-await-blocks-loop";

/// The verdict by how often the loop stood still until the wait for the lock was given up.
fn judge(on: &str, stuck: f64) -> Verdict {
    let evidence = text!("루프가 멈춘 횟수: {stuck}", "times that the loop was stuck: {stuck}");
    Verdict::seen_once(CLAIM, on, stuck > 0.0, evidence)
}

fn notes(patience: Duration) -> Vec<Text> {
    let patience = unit::value(patience.as_nanos() as f64, Unit::Ns);
    vec![
        text!(
            "실제 `lock()`은 무한정 기다립니다. 여기서는 {patience} 뒤에 포기하므로 교착이 되어도 프로그램이 끝납니다. 그동안 스레드가 블로킹되어 타이머도 멈춥니다.",
            "A real `lock()` waits forever. Here it gives up after {patience}, so that the program ends even after a deadlock. Meanwhile the thread is blocked, so the ticker stops too."
        ),
        text!(
            "컴파일러는 이 실수를 절반만 막습니다. std의 가드는 Send가 아니므로 `tokio::spawn`에서는 컴파일 오류가 나지만, 단일 스레드 런타임에서는 컴파일됩니다. 나머지 절반은 clippy의 await_holding_lock이 찾아냅니다. parking_lot의 `send_guard` 기능을 켜면 앞의 절반도 막지 못합니다.",
            "The compiler prevents half of this: std's guard is not Send, so it does not compile with `tokio::spawn`, but it does on a single-threaded runtime. clippy's await_holding_lock finds the other half. With parking_lot's feature `send_guard` the first half compiles too."
        ),
        text!(
            "락을 쥔 채 await하지 않는다면 async 코드에서도 std의 락이 낫습니다. 더 빠르고, 쥐는 시간이 짧으면 다른 태스크를 오래 막지 않습니다.",
            "If the lock is not held across an await, std's lock is the better choice in async code too: it is faster, and if it is held briefly, it does not block other tasks for long."
        ),
    ]
}

fn shows(report: &Report) -> Text {
    let value = |id: &str| report.measure(id).map_or(f64::NAN, Measure::median);
    let (broken, fixed) = (value("ticks.std_across_await"), value("ticks.tokio_across_await"));
    let wall = |name: &str| unit::value(value(&format!("wall.{name}")), Unit::Ns);
    let (broken_wall, fixed_wall) = (wall("std_across_await"), wall("tokio_across_await"));
    text!(
        "std의 락을 쥔 채 await하면 {broken_wall} 동안 타이머 틱이 {broken}번, tokio의 락을 쓰면 {fixed_wall} 동안 {fixed}번 발생했습니다.",
        "With std's lock held across an await, timer ticks: {broken} in {broken_wall}; with tokio's lock: {fixed} in {fixed_wall}."
    )
}
