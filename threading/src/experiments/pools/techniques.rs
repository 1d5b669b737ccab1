//! Four ways to share jobs out among workers. Each returns what every worker did, in its order.

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

/// A job by its number, done on whatever thread.
pub type Work<'a> = &'a (dyn Fn(usize) + Sync);
/// A worker's jobs, in the order in which it did them.
pub type JobsDone = Vec<usize>;

/// A way: its id, its name, the function of the number of jobs, a lane a worker, the state the work is in, and the work.
pub type Technique =
    (&'static str, fn() -> Text, fn(usize, Vec<LaneRecorder>, State, Work<'_>) -> Result<Vec<JobsDone>>);

/// All of them; the first does not balance, the others do.
pub const TECHNIQUES: [Technique; 4] = [
    ("parts", || text!("저마다 제 몫", "each its own part"), parts),
    ("channel", || text!("crossbeam 채널 하나", "one crossbeam channel"), channel),
    ("stealing", || text!("제 몫의 덱, 남의 것 훔치기", "own deque, stealing from others"), stealing),
    ("rayon", || text!("rayon", "rayon"), rayon),
];

/// The jobs that are a worker's own where they are divided beforehand: as many for each, as they come.
pub fn part(me: usize, workers: usize, jobs: usize) -> Range<usize> {
    me * jobs / workers..(me + 1) * jobs / workers
}

/// A thread for each lane; what each of them did.
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
/// Divided beforehand: whoever has the long jobs is the straggler, and nobody helps.
pub fn parts(jobs: usize, lanes: Vec<LaneRecorder>, state: State, work: Work<'_>) -> Result<Vec<JobsDone>> {
    let workers = lanes.len();
    spawn_workers(lanes, |me, lane| part(me, workers, jobs).inspect(|job| lane.during(state, || work(*job))).collect())
}
// ANCHOR_END: parts

// ANCHOR: channel
/// One queue for all: whoever is free takes the next.
pub fn channel(jobs: usize, lanes: Vec<LaneRecorder>, state: State, work: Work<'_>) -> Result<Vec<JobsDone>> {
    let (queue, next) = channel::unbounded();
    (0..jobs).for_each(|job| queue.send(job).expect("this function keeps a receiver"));
    drop(queue); // the end of the jobs
    spawn_workers(lanes, |_, lane| next.iter().inspect(|job| lane.during(state, || work(*job))).collect())
}
// ANCHOR_END: channel

// ANCHOR: stealing
/// A queue for each: nobody stands in another's way until his own is empty. Then he steals from the far end of another's.
pub fn stealing(jobs: usize, lanes: Vec<LaneRecorder>, state: State, work: Work<'_>) -> Result<Vec<JobsDone>> {
    let workers = lanes.len();
    let deques: Vec<Worker<usize>> = (0..workers).map(|_| Worker::new_lifo()).collect();
    for (me, deque) in deques.iter().enumerate() {
        // The owner takes what was pushed last, a thief what was pushed first.
        part(me, workers, jobs).rev().for_each(|job| deque.push(job));
    }
    let stealers: Vec<Stealer<usize>> = deques.iter().map(Worker::stealer).collect();
    let deques: Vec<Mutex<Option<Worker<usize>>>> = deques.into_iter().map(|deque| Mutex::new(Some(deque))).collect();
    spawn_workers(lanes, |me, lane| {
        let mine = deques[me].lock().unwrap_or_else(PoisonError::into_inner).take().expect("everybody takes his own");
        let next = || mine.pop().or_else(|| steal(&stealers));
        std::iter::from_fn(next).inspect(|job| lane.during(state, || work(*job))).collect()
    })
}

/// A job of somebody else; `None` when nobody has any. Jobs are never added, so that an empty deque stays empty.
fn steal(stealers: &[Stealer<usize>]) -> Option<usize> {
    loop {
        // `Retry`, where somebody else was quicker, wins over `Empty` here.
        match stealers.iter().map(Stealer::steal).collect::<Steal<usize>>() {
            Steal::Success(job) => return Some(job),
            Steal::Empty => return None,
            Steal::Retry => {}
        }
    }
}
// ANCHOR_END: stealing

// ANCHOR: rayon
/// The same as a library. Without `with_max_len` some jobs stay together in one piece, which is stolen whole or not at all.
pub fn rayon(jobs: usize, lanes: Vec<LaneRecorder>, state: State, work: Work<'_>) -> Result<Vec<JobsDone>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(lanes.len()).build();
    let pool = pool.map_err(|e| Error::failed(text!("rayon 풀을 만들 수 없습니다: {e}", "no rayon pool: {e}")))?;
    // A place for each thread of the pool, which only that thread ever locks.
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
