//! What `pools` promises: every job is done once; jobs behind a straggler are done by other workers, unless they were divided
//! beforehand.

use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use lab::lang::Text;
use lab::trace::Recorder;
use lab::trace::{State, Trace};
use threading::experiments::pools::techniques::{JobsDone, TECHNIQUES, Technique, part};
use threading::experiments::pools::{self, Work, Workload, moved, oversubscribe};

const JOBS: usize = 40;

fn run(technique: &Technique, workers: usize, work: &(dyn Fn(usize) + Sync)) -> (Vec<JobsDone>, Trace) {
    let recorder = Recorder::new();
    let lanes = (0..workers).map(|i| recorder.lane(Text::same(i.to_string()))).collect();
    let done = (technique.2)(JOBS, lanes, State::Running, work).unwrap();
    (done, recorder.finish(Text::default()))
}

#[test]
fn every_job_is_done_once() {
    for technique in &TECHNIQUES {
        for workers in [1, 2, 7, 60] {
            let (done, trace) = run(technique, workers, &|_| ());
            let mut all: Vec<usize> = done.iter().flatten().copied().collect();
            all.sort_unstable();
            assert_eq!(all, (0..JOBS).collect::<Vec<_>>(), "{} {workers}", technique.0);
            let drawn: Vec<usize> = trace.lanes.iter().map(|lane| lane.spans.len()).collect();
            assert_eq!(drawn, done.iter().map(Vec::len).collect::<Vec<_>>(), "a span a job");
        }
    }
}

/// Job 0 is a straggler: it waits until all other jobs are done, or for `timeout`. Returns whether all were done.
fn straggler(technique: &Technique, timeout: Duration) -> (bool, Vec<JobsDone>) {
    let (others, came) = (Mutex::new(0), Condvar::new());
    let in_time = Mutex::new(false);
    let work = |job: usize| {
        if job > 0 {
            *others.lock().unwrap() += 1;
            return came.notify_one();
        }
        let until = Instant::now() + timeout;
        let mut done = others.lock().unwrap();
        while *done < JOBS - 1 && Instant::now() < until {
            done = came.wait_timeout(done, until.saturating_duration_since(Instant::now())).unwrap().0;
        }
        *in_time.lock().unwrap() = *done == JOBS - 1;
    };
    let (done, _) = run(technique, 2, &work);
    (in_time.into_inner().unwrap(), done)
}

#[test]
fn nobody_waits_behind_a_straggler_unless_jobs_were_divided_beforehand() {
    let [parts, balanced @ ..] = &TECHNIQUES;
    for technique in balanced {
        let (in_time, done) = straggler(technique, Duration::from_secs(60));
        assert!(in_time, "{}: somebody else did all the others", technique.0);
        // Its worker may have done other jobs before, but none afterwards.
        assert!(done.iter().any(|jobs| jobs.last() == Some(&0)), "{}: {done:?}", technique.0);
    }
    let (in_time, done) = straggler(parts, Duration::from_millis(300));
    assert!(!in_time, "the jobs behind it are its own");
    assert_eq!((moved(&done, JOBS), done[0].len()), (0, JOBS / 2));
    let (_, done) = straggler(&TECHNIQUES[2], Duration::from_secs(60));
    assert!(moved(&done, JOBS) >= JOBS / 2 - 1, "stolen: all of its part but the straggler: {done:?}");
}

#[test]
fn the_parts_are_everything_and_nothing_twice() {
    for workers in [1, 3, 7, 50] {
        let all: Vec<usize> = (0..workers).flat_map(|me| part(me, workers, JOBS)).collect();
        assert_eq!(all, (0..JOBS).collect::<Vec<_>>());
    }
}

#[test]
fn more_threads_than_cores_wait_together() {
    let points = oversubscribe::measure(1000).unwrap();
    let (first, last) = (points.first().unwrap(), points.last().unwrap());
    assert_eq!((first.threads, first.waited), (1, 1), "one thread waits for one thing at a time");
    assert!(last.threads >= 64 && last.waited > 1);
    assert!(points.iter().all(|point| point.waited <= point.threads));
}

#[test]
fn jobs_that_wait_have_no_verdict_on_computing() {
    let workload = Workload { jobs: 4, workers: 2, iterations: 1000, work: Work::Io };
    let report = pools::run(&workload, 1, &[]).unwrap();
    assert!(report.verdicts.iter().all(|v| v.claim == "threads-io-overlap"), "{:?}", report.verdicts);
    assert_eq!(report.traces.len(), TECHNIQUES.len());
    // The first of the four jobs waits eight times 4 ms: a lower bound for all.
    assert!(report.traces.iter().all(|trace| trace.duration() >= 32_000_000));
}
