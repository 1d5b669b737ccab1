//! Four techniques to share jobs out among workers. Each returns the jobs that every worker did.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crossbeam::channel;
use crossbeam::deque::{Steal, Stealer, Worker};
use lab::lang::Text;
use lab::trace::LaneRecorder;
use lab::trace::State;
use lab::{Error, Result, text};
use rayon::prelude::*;

/// Does the job with this number, on any thread.
pub type Work<'a> = &'a (dyn Fn(usize) + Sync);
/// A worker's jobs, in the order in which it did them.
pub type JobsDone = Vec<usize>;

/// Id, name and function. The function is given the number of jobs, a lane for each worker, the state of a lane during a job, and the
/// work.
pub type Technique =
    (&'static str, fn() -> Text, fn(usize, Vec<LaneRecorder>, State, Work<'_>) -> Result<Vec<JobsDone>>);

/// All but the first balance the load.
pub const TECHNIQUES: [Technique; 4] = [
    ("parts", || text!("정적 분할", "static partition"), parts),
    ("channel", || text!("crossbeam 채널 하나", "one crossbeam channel"), channel),
    ("stealing", || text!("워커별 덱, 작업 훔치기(work stealing)", "a deque per worker, work stealing"), stealing),
    ("rayon", || text!("rayon", "rayon"), rayon),
];

/// A worker's own part if jobs are divided beforehand: the same number for each worker.
pub fn part(me: usize, workers: usize, jobs: usize) -> Range<usize> {
    me * jobs / workers..(me + 1) * jobs / workers
}

/// Starts a thread for each lane and waits for all. Returns the jobs of each.
fn spawn_workers(
    lanes: Vec<LaneRecorder>,
    worker: impl Fn(usize, &mut LaneRecorder) -> JobsDone + Sync,
) -> Result<Vec<JobsDone>> {
    thread::scope(|scope| {
        let worker = &worker;
        let mut running = Vec::new();
        for (me, mut lane) in lanes.into_iter().enumerate() {
            let thread = thread::Builder::new().spawn_scoped(scope, move || worker(me, &mut lane));
            running.push(thread.map_err(|e| Error::no_thread(&e))?);
        }
        Ok(running.into_iter().map(|t| t.join().expect("a worker does not panic")).collect())
    })
}

// ANCHOR: parts
/// Divided beforehand: the worker with the long jobs is the straggler, and nobody helps.
pub fn parts(jobs: usize, lanes: Vec<LaneRecorder>, state: State, work: Work<'_>) -> Result<Vec<JobsDone>> {
    let workers = lanes.len();
    spawn_workers(lanes, |me, lane| part(me, workers, jobs).inspect(|job| lane.during(state, || work(*job))).collect())
}
// ANCHOR_END: parts

// ANCHOR: channel
/// One queue for all: a free worker takes the next job.
pub fn channel(jobs: usize, lanes: Vec<LaneRecorder>, state: State, work: Work<'_>) -> Result<Vec<JobsDone>> {
    let (queue, next) = channel::unbounded();
    (0..jobs).for_each(|job| queue.send(job).expect("this function keeps a receiver"));
    drop(queue); // the end of the jobs
    spawn_workers(lanes, |_, lane| next.iter().inspect(|job| lane.during(state, || work(*job))).collect())
}
// ANCHOR_END: channel

// ANCHOR: stealing
/// A deque for each worker: it takes jobs from one end of its own, and when that is empty, steals from the other end of another's.
pub fn stealing(jobs: usize, lanes: Vec<LaneRecorder>, state: State, work: Work<'_>) -> Result<Vec<JobsDone>> {
    let workers = lanes.len();
    let deques: Vec<Worker<usize>> = (0..workers).map(|_| Worker::new_lifo()).collect();
    for (me, deque) in deques.iter().enumerate() {
        // The owner takes the job that was pushed last, a thief the one that was pushed first.
        part(me, workers, jobs).rev().for_each(|job| deque.push(job));
    }
    let stealers: Vec<Stealer<usize>> = deques.iter().map(Worker::stealer).collect();
    let deques: Vec<Mutex<Option<Worker<usize>>>> = deques.into_iter().map(|deque| Mutex::new(Some(deque))).collect();
    spawn_workers(lanes, |me, lane| {
        let mine =
            deques[me].lock().unwrap_or_else(PoisonError::into_inner).take().expect("each worker takes its own, once");
        let next = || mine.pop().or_else(|| steal(&stealers));
        std::iter::from_fn(next).inspect(|job| lane.during(state, || work(*job))).collect()
    })
}

/// A job of another worker; `None` if no job is left. Jobs are never added, so an empty deque stays empty.
fn steal(stealers: &[Stealer<usize>]) -> Option<usize> {
    loop {
        // `collect` prefers `Retry` (another thief was faster) to `Empty`.
        match stealers.iter().map(Stealer::steal).collect::<Steal<usize>>() {
            Steal::Success(job) => return Some(job),
            Steal::Empty => return None,
            Steal::Retry => {}
        }
    }
}
// ANCHOR_END: stealing

// ANCHOR: rayon
/// Work stealing by a library. Without `with_max_len` rayon keeps some jobs together in one piece, which only one thread can take.
pub fn rayon(jobs: usize, lanes: Vec<LaneRecorder>, state: State, work: Work<'_>) -> Result<Vec<JobsDone>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(lanes.len()).build();
    let pool =
        pool.map_err(|e| Error::failed(text!("rayon 풀을 만들 수 없습니다: {e}", "cannot make a rayon pool: {e}")))?;
    // One for each thread of the pool; only that thread locks it.
    let mine: Vec<Mutex<(LaneRecorder, JobsDone)>> =
        lanes.into_iter().map(|lane| Mutex::new((lane, Vec::new()))).collect();
    pool.install(|| {
        (0..jobs).into_par_iter().with_max_len(1).for_each(|job| {
            let me = rayon::current_thread_index().expect("inside the pool");
            let (lane, done) = &mut *mine[me].lock().unwrap_or_else(PoisonError::into_inner);
            lane.during(state, || work(job));
            done.push(job);
        });
    });
    Ok(mine.into_iter().map(|m| m.into_inner().unwrap_or_else(PoisonError::into_inner).1).collect())
}
// ANCHOR_END: rayon
