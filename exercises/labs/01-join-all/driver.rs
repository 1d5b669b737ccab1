//! Runs a scenario of lab 01 with a submission in Rust and records it. It judges nothing.
//!
//! Facts: `values` (what the jobs return), `result` (`{"ok": numbers}` or `{"err": message}`), `returned_at` (ns), and where a job
//! fails `fails` (its number) and `message` (its error).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use kit::{Meeting, Run, State, clock, draw, text};

use crate::submission;

type Job = Box<dyn FnOnce() -> Result<u32, String> + Send>;

const JOBS: usize = 5;
/// Patience is counted in turns of 10 ms, not in time: a busy machine takes turns from everybody alike.
const PATIENCE: usize = 100;

/// A scenario by its name in `lab.toml`.
pub fn run(scenario: &str, run: &Run) {
    match scenario {
        "meet" => meet(run),
        "failure" => failure(run),
        _ => panic!("no scenario '{scenario}'"),
    }
}

/// Whether each job has ended.
static ENDED: LazyLock<Vec<AtomicBool>> = LazyLock::new(|| (0..JOBS).map(|_| AtomicBool::new(false)).collect());

/// Each job waits until all five are there. Then the last one ends first, and each of the others after the one behind it.
fn meet(run: &Run) {
    run.title(text!("다섯 작업, 마지막 작업부터 끝남", "five jobs, the last one ends first"));
    let meeting = Arc::new(Meeting::new(JOBS, PATIENCE));
    let wait = move |n: usize| {
        if !meeting.wait() {
            // One after another: each wait is long enough to be seen.
            turns(10, || false);
        } else if n + 1 < JOBS {
            turns(PATIENCE, || ENDED[n + 1].load(Ordering::SeqCst));
        }
        Ok(())
    };
    call(run, wait);
}

/// All meet; one fails at once. The others go on for a hundred turns.
fn failure(run: &Run) {
    run.title(text!("다섯 작업, 하나가 바로 실패함", "five jobs, one of them fails at once"));
    // Not the last one: a serial program that stops at the error has then left out a job.
    let fails = draw(0..JOBS as u64 - 1) as usize;
    let message = format!("no answer ({})", draw(0..10_000));
    run.fact("fails", fails);
    run.fact("message", message.clone());
    let meeting = Arc::new(Meeting::new(JOBS, PATIENCE));
    let wait = move |n: usize| {
        let met = meeting.wait();
        if n == fails {
            return Err(message.clone());
        }
        if met {
            turns(PATIENCE, || false);
        }
        Ok(())
    };
    call(run, wait);
}

/// Calls the submission with jobs that record themselves.
fn call(run: &Run, wait: impl Fn(usize) -> Result<(), String> + Send + Sync + 'static) {
    let values: Vec<u32> = (0..JOBS).map(|_| draw(0..1_000_000) as u32).collect();
    run.fact("values", values.clone());
    let wait = Arc::new(wait);
    let job = |(n, value)| -> Job {
        let (lane, wait) = (run.lane(text!("작업 {n}", "job {n}")), Arc::clone(&wait));
        Box::new(move || {
            lane.enter(State::WaitingForIo);
            let done = wait(n);
            if done.is_ok() { lane.leave() } else { lane.end_as(State::Failed) }
            ENDED[n].store(true, Ordering::SeqCst);
            done.map(|()| value)
        })
    };
    let jobs = values.into_iter().enumerate().map(job).collect();
    let waiting = run.waiting(text!("주 스레드", "the main thread"), text!("run_all의 끝", "the end of run_all"), None);
    let result = submission::run_all(jobs);
    drop(waiting);
    run.fact("returned_at", clock::now());
    match result {
        Ok(numbers) => run.fact("result", kit::json!({ "ok": numbers })),
        Err(message) => run.fact("result", kit::json!({ "err": message })),
    }
    // What still runs is drawn to its end.
    turns(2 * PATIENCE, || ENDED.iter().all(|ended| ended.load(Ordering::SeqCst)));
}

/// Waits until it holds, for so many turns of 10 ms.
fn turns(patience: usize, holds: impl Fn() -> bool) {
    for _ in 0..patience {
        if holds() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
}
