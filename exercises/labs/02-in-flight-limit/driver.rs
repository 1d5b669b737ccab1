//! Runs a scenario of lab 02 with a submission in Rust and records it. It judges nothing.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kit::{Meeting, Run, State, draw, json, text};

use crate::submission::{self, Job};

pub fn run(scenario: &str, run: &Run) {
    run.title(text!("한 번에 k개까지", "at most k in flight"));
    match scenario {
        "meet" => meet(run),
        "slow" => slow(run),
        "reverse" => reverse(run),
        "edges" => edges(run),
        other => panic!("no scenario {other}"),
    }
}

/// What the jobs of one call have in common.
struct Jobs {
    values: Vec<u32>,
    runs: Vec<AtomicUsize>,
    done: Mutex<Vec<usize>>,
}

impl Jobs {
    fn new(number: usize) -> Arc<Jobs> {
        Arc::new(Jobs {
            values: (0..number).map(|_| draw(1_000..1_000_000) as u32).collect(),
            runs: (0..number).map(|_| AtomicUsize::new(0)).collect(),
            done: Mutex::default(),
        })
    }

    fn done(&self) -> usize {
        self.done.lock().expect("nobody panics with it").len()
    }

    fn is_done(&self, i: usize) -> bool {
        self.done.lock().expect("nobody panics with it").contains(&i)
    }

    /// Job number i, which records when it is in flight.
    fn job<F: Future<Output = ()> + Send + 'static>(self: &Arc<Jobs>, run: &Run, i: usize, wait: F) -> Job {
        let (jobs, run) = (Arc::clone(self), run.clone());
        Box::pin(async move {
            jobs.runs[i].fetch_add(1, Ordering::Relaxed);
            let lane = run.lane(text!("작업 {i}", "job {i}"));
            lane.enter(State::WaitingForIo);
            wait.await;
            drop(lane);
            jobs.done.lock().expect("nobody panics with it").push(i);
            jobs.values[i]
        })
    }

    /// Calls the submission on a runtime of two threads, and writes down what came of it.
    fn call(self: &Arc<Jobs>, run: &Run, jobs: Vec<Job>, limit: usize) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let results = runtime.expect("a runtime starts").block_on(submission::run_limited(jobs, limit));
        let runs: Vec<usize> = self.runs.iter().map(|runs| runs.load(Ordering::Relaxed)).collect();
        run.push("calls", json!({"limit": limit, "values": self.values, "results": results, "runs": runs}));
    }
}

/// Waits until `enough`, for so many turns of 10 ms. Whether it came to that.
async fn turns(patience: usize, enough: impl Fn() -> bool) -> bool {
    for _ in 0..patience {
        if enough() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    enough()
}

/// Each job waits for one more in flight than the limit allows: so all that can be in flight at once are.
fn meet(run: &Run) {
    let limit = draw(4..7) as usize;
    let meeting = Arc::new(Meeting::new(limit + 1, 30));
    let jobs = Jobs::new(3 * limit);
    let wait = |_| {
        let meeting = Arc::clone(&meeting);
        async move {
            meeting.wait_async().await;
        }
    };
    jobs.call(run, (0..3 * limit).map(|i| jobs.job(run, i, wait(i))).collect(), limit);
}

/// The first job waits until all the others are done.
fn slow(run: &Run) {
    const JOBS: usize = 8;
    let jobs = Jobs::new(JOBS);
    let wait = |i| {
        let (jobs, run) = (Arc::clone(&jobs), run.clone());
        async move {
            if i > 0 {
                return tokio::time::sleep(Duration::from_millis(2)).await;
            }
            turns(100, || jobs.done() == JOBS - 1).await;
            run.fact("done_beside_the_slow_one", jobs.done());
        }
    };
    jobs.call(run, (0..JOBS).map(|i| jobs.job(run, i, wait(i))).collect(), 2);
}

/// All may be in flight; each is done only after the one behind it.
fn reverse(run: &Run) {
    const JOBS: usize = 5;
    let jobs = Jobs::new(JOBS);
    let patient = Arc::new(AtomicBool::new(true));
    let wait = |i| {
        let (jobs, patient) = (Arc::clone(&jobs), Arc::clone(&patient));
        async move {
            if i + 1 < JOBS && patient.load(Ordering::Relaxed) {
                let came = turns(50, || jobs.is_done(i + 1) || !patient.load(Ordering::Relaxed)).await;
                patient.fetch_and(came, Ordering::Relaxed);
            }
        }
    };
    jobs.call(run, (0..JOBS).map(|i| jobs.job(run, i, wait(i))).collect(), JOBS);
}

/// No job, fewer jobs than the limit, a limit of one, a number of jobs that the limit does not divide.
fn edges(run: &Run) {
    for (number, limit) in [(0, 3), (1, 4), (3, 1), (7, 3)] {
        let jobs = Jobs::new(number);
        let wait = || tokio::time::sleep(Duration::from_millis(1));
        jobs.call(run, (0..number).map(|i| jobs.job(run, i, async move { wait().await })).collect(), limit);
    }
}
