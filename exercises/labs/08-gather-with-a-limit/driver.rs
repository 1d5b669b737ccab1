//! Runs a scenario of lab 08 with a submission in Rust and records it. It judges nothing.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use kit::{Lane, Run, State, draw, text};
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::submission::{Failure, Job, gather};

const JOBS: usize = 5;
const FAILING: usize = 3;
const HOUR: Duration = Duration::from_secs(3600);
const SHORT: Duration = Duration::from_secs(1);
/// A job ends so long after the one before: at the limit some still wait.
const APART: Duration = Duration::from_millis(300);
/// So long nothing happens, and nobody has a reason to wake up.
const WATCHED: Duration = Duration::from_millis(300);

pub fn run(scenario: &str, run: &Run) {
    run.title(text!("시간 제한이 있는 gather", "gather with a time limit"));
    let call = Call::new(run, scenario);
    let idle = call.clone();
    let mut runtime = Builder::new_current_thread();
    // Called when the runtime has nothing to do. So the driver needs no sleep to know that everybody waits.
    runtime.enable_time().on_thread_park(move || idle.next_signal());
    runtime.build().expect("a runtime of one thread needs a timer only").block_on(call.make());
}

/// Five jobs that wait for a signal each, and one call of `gather` with them.
#[derive(Clone)]
struct Call {
    run: Run,
    scenario: String,
    limit: Duration,
    jobs: Arc<Mutex<Jobs>>,
    /// Wakes a task that does nothing, so that the runtime becomes idle once more.
    awake: Arc<Notify>,
}

struct Jobs {
    values: Vec<u32>,
    error: String,
    failing: Option<usize>,
    /// Of the jobs that have started and still wait: whom to wake.
    waiting: [Option<Waker>; JOBS],
    /// The jobs that have got their signal, in this order.
    opened: Vec<usize>,
    alive: Vec<usize>,
    /// Of the call: whom to wake, and how often it was run.
    caller: Option<Waker>,
    wakes: usize,
    /// How often it had been run when nothing happened any more, and whether that time is over.
    watched_from: Option<usize>,
    watched: bool,
    cancelled: bool,
    returned: bool,
}

impl Call {
    fn new(run: &Run, scenario: &str) -> Call {
        let values: Vec<u32> = (0..JOBS).map(|_| draw(1_000..1_000_000) as u32).collect();
        let error = format!("E{}", draw(1_000..1_000_000));
        let failing = (scenario == "one-fails").then_some(FAILING);
        let limit = if scenario == "too-slow" { SHORT } else { HOUR };
        run.fact("jobs", JOBS);
        run.fact("values", values.clone());
        run.fact("error", error.clone());
        run.fact("failing", failing);
        run.fact("limit_ns", nanoseconds(limit));
        let jobs = Jobs {
            values,
            error,
            failing,
            waiting: [const { None }; JOBS],
            opened: Vec::new(),
            alive: Vec::new(),
            caller: None,
            wakes: 0,
            watched_from: None,
            watched: false,
            cancelled: false,
            returned: false,
        };
        Call {
            run: run.clone(),
            scenario: scenario.to_owned(),
            limit,
            jobs: Arc::new(Mutex::new(jobs)),
            awake: Arc::default(),
        }
    }

    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `gather`, and looks at who is there at the moment when it ends.
    async fn make(self) {
        let jobs = (0..JOBS).map(|i| self.job(i)).collect();
        let awake = Arc::clone(&self.awake);
        tokio::spawn(async move {
            loop {
                awake.notified().await;
            }
        });
        if self.scenario == "too-slow" {
            tokio::spawn(self.clone().drip());
        }
        let start = kit::clock::now();
        let outcome = {
            let mut call = pin!(gather(jobs, self.limit));
            poll_fn(|context| {
                self.jobs().caller = Some(context.waker().clone());
                self.jobs().wakes += 1;
                if self.jobs().cancelled && self.jobs().opened.is_empty() {
                    return Poll::Ready(None);
                }
                call.as_mut().poll(context).map(Some)
            })
            .await
        };
        let end = kit::clock::now();
        if outcome.is_none() {
            // Its future is dropped. What was aborted with it ends in the next turn of the runtime.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        }
        self.record(outcome, start, end);
        if !self.jobs().alive.is_empty() {
            sleep(Duration::from_millis(20)).await; // so that the lanes show that they go on
        }
    }

    fn record(&self, outcome: Option<Result<Vec<u32>, Failure>>, start: u64, end: u64) {
        let mut jobs = self.jobs();
        jobs.returned = true;
        jobs.alive.sort_unstable();
        let ended = match outcome {
            None => "cancelled",
            Some(Err(Failure::TimeLimit)) => "time limit",
            Some(Err(Failure::Job(said))) => {
                self.run.fact("said", said);
                "error"
            }
            Some(Ok(results)) => {
                self.run.fact("results", results);
                "results"
            }
        };
        self.run.fact("elapsed_ns", end - start);
        self.run.fact("returned_at", end);
        self.run.fact("opened", jobs.opened.clone());
        self.run.fact("alive", jobs.alive.clone());
        self.run.fact("ended", ended);
    }

    fn job(&self, number: usize) -> Job {
        let lane = self.run.lane(text!("작업 {number}", "job {number}"));
        Box::pin(Waiting { call: self.clone(), number, lane, done: false })
    }

    /// Nobody can go on: gives the next signal, if there is one.
    fn next_signal(&self) {
        let waiting = self.jobs().waiting();
        let (Some(&first), Some(&last)) = (waiting.first(), waiting.last()) else { return };
        if self.jobs().returned || self.scenario == "too-slow" {
            return;
        }
        if self.scenario == "one-fails" && !self.watch() {
            return;
        }
        thread::sleep(Duration::from_millis(1)); // so that the lanes can be read
        match self.scenario.as_str() {
            "all" => self.jobs().open(last),
            "one-fails" if waiting.contains(&FAILING) => self.jobs().open(FAILING),
            "cancelled" if !self.jobs().cancelled => self.jobs().cancel(),
            _ => self.jobs().open(first),
        }
    }

    /// For a while nothing happens. How often does `gather` wake up? Whether that is over.
    fn watch(&self) -> bool {
        let mut jobs = self.jobs();
        match jobs.watched_from {
            None => {
                jobs.watched_from = Some(jobs.wakes);
                let call = self.clone();
                thread::spawn(move || {
                    thread::sleep(WATCHED);
                    call.jobs().watched = true;
                    call.awake.notify_one();
                });
                false
            }
            Some(from) if jobs.watched => {
                if jobs.opened.is_empty() {
                    self.run.fact("wakes", jobs.wakes - from);
                }
                true
            }
            Some(_) => false,
        }
    }

    /// The jobs end one after another: at the limit some still wait.
    async fn drip(self) {
        while self.jobs().opened.len() < JOBS {
            sleep(APART).await;
            let waiting = self.jobs().waiting();
            if let Some(&first) = waiting.first() {
                self.jobs().open(first);
            }
        }
    }
}

impl Jobs {
    fn waiting(&self) -> Vec<usize> {
        (0..JOBS).filter(|&i| self.waiting[i].is_some()).collect()
    }

    fn open(&mut self, number: usize) {
        self.opened.push(number);
        if let Some(waker) = self.waiting[number].take() {
            waker.wake();
        }
    }

    fn cancel(&mut self) {
        self.cancelled = true;
        if let Some(caller) = self.caller.take() {
            caller.wake();
        }
    }
}

/// A job: waits for its signal.
struct Waiting {
    call: Call,
    number: usize,
    lane: Lane,
    done: bool,
}

impl Future for Waiting {
    type Output = Result<u32, String>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (call, number) = (self.call.clone(), self.number);
        let mut jobs = call.jobs();
        if !jobs.alive.contains(&number) {
            jobs.alive.push(number);
            self.lane.enter(State::WaitingForIo);
        }
        if !jobs.opened.contains(&number) {
            jobs.waiting[number] = Some(context.waker().clone());
            return Poll::Pending;
        }
        jobs.alive.retain(|&other| other != number);
        self.done = true;
        Poll::Ready(if jobs.failing == Some(number) {
            self.lane.end_as(State::Failed);
            Err(jobs.error.clone())
        } else {
            self.lane.leave();
            Ok(jobs.values[number])
        })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut jobs = self.call.jobs();
        jobs.waiting[self.number] = None;
        if !self.done && jobs.alive.contains(&self.number) {
            jobs.alive.retain(|&other| other != self.number);
            // At the end of the run the runtime drops whoever was left.
            if jobs.returned { self.lane.leave() } else { self.lane.end_as(State::Cancelled) }
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).expect("an hour is short enough")
}
