//! A list of items shared out among workers: a free worker takes the next item.

use std::io;
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use lab::claims::Verdict;
use lab::trace::Recorder;
use lab::trace::{Lane, Span, State, Trace};
use lab::{Error, Result, clock, text};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use process_pool::{Failure, Pool, Task};

/// The results in the order of the items, and when each worker was busy.
#[derive(Debug)]
pub struct QueueResults<T> {
    pub results: Vec<T>,
    /// One for each worker.
    pub lanes: Vec<Lane>,
}

/// One item after another, in this thread.
pub fn in_sequence<I, T>(items: &[I], work: impl Fn(&I) -> T) -> QueueResults<T> {
    let recorder = Recorder::new();
    let mut lane = recorder.lane(text!("순차 실행", "in sequence"));
    let results = items.iter().map(|item| lane.during(State::Running, || work(item))).collect();
    drop(lane);
    QueueResults { results, lanes: recorder.finish(text!("순차 실행", "in sequence")).lanes }
}

/// In threads of this process.
pub fn in_threads<I: Sync, T: Send>(
    items: &[I],
    threads: usize,
    work: impl Fn(&I) -> T + Sync,
) -> Result<QueueResults<T>> {
    let recorder = Recorder::new();
    let next = AtomicUsize::new(0);
    let results = thread::scope(|scope| {
        let start = |n| {
            let mut lane = recorder.lane(text!("스레드 {n}", "Thread {n}"));
            let (next, work) = (&next, &work);
            let take = move || {
                let mut results = Vec::new();
                loop {
                    let n = next.fetch_add(1, Relaxed);
                    let Some(item) = items.get(n) else { return results };
                    results.push((n, lane.during(State::Running, || work(item))));
                }
            };
            thread::Builder::new().spawn_scoped(scope, take)
        };
        let threads: io::Result<Vec<_>> = (0..threads).map(start).collect();
        let threads = threads.map_err(|e| Error::no_thread(&e))?;
        let results = threads.into_iter().map(|thread| thread.join().expect("the work of an item does not panic"));
        Ok::<_, Error>(results.flatten().collect::<Vec<_>>())
    });
    Ok(QueueResults { results: in_order(results?), lanes: recorder.finish(text!("스레드", "threads")).lanes })
}

/// What a worker process returns: the result, which process computed it, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timed<T> {
    pid: u32,
    start: u64,
    end: u64,
    result: T,
}

impl<T> Timed<T> {
    /// Does the work in this process and measures its time.
    pub fn of(work: impl FnOnce() -> T) -> Timed<T> {
        let start = clock::now();
        let result = work();
        Timed { pid: process::id(), start, end: clock::now(), result }
    }
}

/// In the processes of a pool; `each` is called whenever an item is done. Every process that finished an item has a lane.
pub fn in_processes<I, T>(
    pool: &Pool,
    task: &Task<I, Timed<T>>,
    items: &[I],
    mut each: impl FnMut(),
) -> QueueResults<Result<T, Failure>>
where
    I: Clone + Send + Serialize + DeserializeOwned + 'static,
    T: Serialize + DeserializeOwned + Send + 'static,
{
    let mut results = Vec::new();
    let mut workers: Vec<(u32, Vec<Span>)> = Vec::new();
    for (n, result) in pool.imap_unordered(task, items.to_vec()) {
        each();
        let result = result.map(|Timed { pid, start, end, result }| {
            let span = Span { state: State::Running, start, end };
            match workers.iter_mut().find(|(known, _)| *known == pid) {
                Some((_, spans)) => spans.push(span),
                None => workers.push((pid, vec![span])),
            }
            result
        });
        results.push((n, result));
    }
    let lane = |(n, (_, mut spans)): (usize, (u32, Vec<Span>))| {
        spans.sort_by_key(|span| span.start);
        Lane { name: text!("프로세스 {n}", "Process {n}"), spans }
    };
    QueueResults { results: in_order(results), lanes: workers.into_iter().enumerate().map(lane).collect() }
}

/// The verdict on a claim that says processes can share the work, by the most of them that were at work at once. Their lanes contain
/// waiting for a core too, so they do not show how many cores were busy: the claim `processes-parallel` is on that.
pub fn judge(claim: &str, on: &str, workers: usize, trace: Option<&Trace>) -> Verdict {
    let Some(trace) = trace else {
        return Verdict::not_measured(claim, on, text!("측정하지 않았습니다", "it was not measured"));
    };
    let items: usize = trace.lanes.iter().map(|lane| lane.spans.len()).sum();
    if workers < 2 || items < 2 {
        let why = text!("나눌 작업이나 워커가 하나뿐입니다", "there is only one item or one worker");
        return Verdict::not_measured(claim, on, why);
    }
    let peak = trace.peak_in_flight(&[State::Running]);
    if peak < 2 && trace.lanes.len() < 2 {
        let why = text!(
            "두 번째 프로세스가 시작되기 전에 작업이 끝났습니다",
            "the work was done before a second process had started"
        );
        return Verdict::not_measured(claim, on, why);
    }
    let evidence = text!("동시에 작업한 프로세스 최대 {peak}개", "at most {peak} processes at work at once");
    Verdict::seen(claim, on, peak > 1, evidence)
}

/// The results by the numbers of their items.
fn in_order<T>(mut results: Vec<(usize, T)>) -> Vec<T> {
    results.sort_by_key(|(n, _)| *n);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::claims::Outcome;

    #[test]
    fn processes_that_work_in_turn_do_not_share_the_work() {
        let trace = |second: (u64, u64)| {
            let lane = |(start, end)| Lane::of(text!("프로세스", "process"), State::Running, start, end);
            Trace::new(text!("프로세스", "processes"), vec![lane((0, 10)), lane(second)])
        };
        let judge = |workers, second| judge("x", "Rust", workers, Some(&trace(second))).outcome;
        assert_eq!(judge(2, (5, 15)), Outcome::Holds);
        assert_eq!(judge(2, (10, 20)), Outcome::DoesNotHold);
        assert!(matches!(judge(1, (5, 15)), Outcome::NotMeasured(_)));
        assert!(matches!(super::judge("x", "CPython", 2, None).outcome, Outcome::NotMeasured(_)));
    }

    #[test]
    fn every_item_is_done_once_and_in_its_place() {
        let items: Vec<u64> = (0..1000).collect();
        let squares: Vec<u64> = items.iter().map(|n| n * n).collect();
        assert_eq!(in_sequence(&items, |n| n * n).results, squares);
        for threads in [1, 3, 8] {
            let done = in_threads(&items, threads, |n| n * n).unwrap();
            assert_eq!(done.results, squares);
            assert_eq!(done.lanes.len(), threads);
            assert_eq!(done.lanes.iter().map(|lane| lane.spans.len()).sum::<usize>(), 1000, "a span an item");
        }
        assert_ne!(in_order(vec![(1, 'b'), (0, 'a')]), ['b', 'a'], "the check can fail");
    }
}
