//! Who is blamed for a death, and what is run again.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc::channel;

use process_pool::{End, Failure, Finish};

use crate::basics::{START, builder, pool};
use crate::common::{can_look, kill, until};
use crate::gate::Gate;
use crate::tasks::{CLOSE_ALL, CORK, FORK_OFF, HUGE, NOTE, ONCE, SQUARE, TRAP, pipes_of};

crate::tests![
    one_poison_task_among_ten_thousand,
    many_poison_tasks_fail_and_nobody_else,
    a_retry_succeeds,
    without_retries_no_task_runs_twice,
    without_retries_a_death_fails_one_task,
    a_half_written_result_is_lost_with_its_worker,
    a_task_that_cripples_its_worker_is_charged,
    a_result_that_is_too_long_is_refused_once,
    a_task_that_forks_is_answered_once,
];

fn one_poison_task_among_ten_thousand() {
    for way in ["abort", "kill"] {
        let pool = builder().workers(2).record(true).build().unwrap();
        let tasks = (0..10_000).map(|n| (way.to_owned(), (n + 10_000 - 6789) % 10_000));
        let results = pool.map(&TRAP, tasks);
        let failed: Vec<usize> = (0..results.len()).filter(|n| results[*n].is_err()).collect();
        assert_eq!(failed, [6789], "nobody else fails");
        let blamed: Vec<usize> = pool.history().iter().filter(|s| s.finish == Finish::Died).map(|s| s.task).collect();
        assert_eq!(blamed, [6789; 3], "nor is anybody else blamed once");
        let how = End::Signal(if way == "abort" { 6 } else { 9 });
        assert_eq!(results[6789], Err(Failure::Died { how, attempts: 3 }));
        for (n, result) in results.into_iter().enumerate().filter(|(n, _)| *n != 6789) {
            let number = (n as u64 + 10_000 - 6789) % 10_000;
            assert_eq!(result, Ok(number * number));
        }
    }
}

/// Two deaths charge whoever ran before the poison task in the same batch twice, unless suspects run apart.
fn many_poison_tasks_fail_and_nobody_else() {
    let pool = builder().workers(2).retries(1).build().unwrap();
    // So many good ones first that batches are long.
    let tasks = (0..20_000).map(|n| ("abort".to_owned(), if n > 10_000 { n % 700 } else { 1 }));
    let results = pool.map(&TRAP, tasks);
    for (n, result) in results.into_iter().enumerate() {
        assert_eq!(result.is_err(), n > 10_000 && n % 700 == 0, "{n}");
    }
}

pub fn note(name: &str) -> PathBuf {
    let path =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{:?}-{}", START.get(), std::process::id()));
    let _ = fs::remove_file(&path);
    path
}

fn a_retry_succeeds() {
    let path = note("once");
    assert_eq!(pool(1).call(&ONCE, &path.to_str().unwrap().to_owned()), Ok(true));
    assert_eq!(fs::read(&path).unwrap().len(), 2, "begun twice");
    fs::remove_file(path).unwrap();
}

fn without_retries_no_task_runs_twice() {
    let path = note("must-not-repeat");
    let task = |dies| (path.to_str().unwrap().to_owned(), dies);
    let died = Failure::Died { how: End::Signal(9), attempts: 1 };
    let pool = builder().workers(2).retries(0).build().unwrap();

    // Each tenth dies for sure in the middle of its work.
    let results = pool.map(&NOTE, (0..50).map(|n| task(n % 10 == 3)));
    for (n, result) in results.into_iter().enumerate() {
        assert_eq!(result, if n % 10 == 3 { Err(died.clone()) } else { Ok(()) }, "task {n}");
    }
    assert_eq!(fs::read(&path).unwrap().len(), 50, "every task ran, none twice");
    fs::remove_file(&path).unwrap();

    // Killed from outside at any moment: a kill between two tasks fails none, so the number of failures is unknown.
    let mut results = pool.imap_unordered(&NOTE, vec![task(false); 50]);
    let mut ended = 0;
    for (_, result) in results.by_ref() {
        ended += 1;
        assert!(result.is_ok() || result == Err(died.clone()), "{result:?}");
        if ended % 10 == 0 {
            pool.workers().into_iter().for_each(|worker| _ = kill(worker));
        }
    }
    drop(results);
    assert_eq!(ended, 50, "each ends once");
    assert!(fs::read(&path).unwrap().len() <= 50, "no task ran twice");
    fs::remove_file(path).unwrap();
}

fn without_retries_a_death_fails_one_task() {
    // Quick ones, which would travel together if they might run twice.
    let pool = builder().workers(2).retries(0).build().unwrap();
    let tasks = (0..2000).map(|n| ("kill".to_owned(), (n + 2000 - 1234) % 2000));
    let results = pool.map(&TRAP, tasks);
    let failed: Vec<usize> = (0..results.len()).filter(|n| results[*n].is_err()).collect();
    assert_eq!(failed, [1234]);
    assert_eq!(results[1234], Err(Failure::Died { how: End::Signal(9), attempts: 1 }));
}

/// A worker is killed when its task has ended, and half of the answer stands in the pipe.
fn a_half_written_result_is_lost_with_its_worker() {
    if !can_look() {
        return;
    }
    for (retries, end) in [(0, Err(Failure::Died { how: End::Signal(9), attempts: 1 })), (2, Ok("x".repeat(60_000)))] {
        let (path, go) = (note("begun"), note("go"));
        let task = |waits| (path.to_str().unwrap().to_owned(), go.to_str().unwrap().to_owned(), waits);
        let pool = builder().workers(2).retries(retries).record(true).build().unwrap();
        let mut results = pool.imap_unordered(&CORK, [task(true), task(false)]);
        assert_eq!(results.next(), Some((0, Ok(String::new()))));
        let pid = until("the other has begun", || fs::read_to_string(&path).ok()?.trim().parse().ok());
        // Whoever leads is in a callback, so that nobody reads: the pipe is full, and the worker blocks in the middle of its result.
        let ((enter, entered), (leave, left)) = (channel(), channel::<()>());
        let gate = Gate::new("callback");
        gate.submit(&pool).then(move |_| {
            enter.send(()).unwrap();
            _ = left.recv();
        });
        // A callback of a task that has ended would be called here.
        gate.open();
        entered.recv().unwrap();
        fs::write(&go, "").unwrap();
        let waiting = || pipes_of(pid).into_iter().any(|pipe| rustix::io::ioctl_fionread(pipe).unwrap() > 0);
        until("half an answer is there", || waiting().then_some(()));
        assert!(kill(pid));
        drop(leave);
        assert_eq!(results.next(), Some((1, end)), "retries: {retries}");
        assert_eq!(results.next(), None);
        drop(results);
        let begun = fs::read_to_string(&path).unwrap().lines().count();
        assert_eq!(begun, if retries == 0 { 1 } else { 2 }, "retries: {retries}");
        assert!(pool.history().iter().all(|stint| stint.finish == Finish::Done), "no task is to blame");
        [path, go].into_iter().for_each(|file| fs::remove_file(file).unwrap());
    }
}

/// The worker has run the task, but cannot answer.
fn a_task_that_cripples_its_worker_is_charged() {
    for retries in [0, 2] {
        let path = note("closed");
        let pool = builder().workers(2).retries(retries).build().unwrap();
        let died = pool.call(&CLOSE_ALL, &path.to_str().unwrap().to_owned());
        assert!(matches!(died, Err(Failure::Died { attempts, .. }) if attempts == retries + 1), "{died:?}");
        assert_eq!(fs::read(&path).unwrap().len(), retries as usize + 1, "runs, and no more");
        assert_eq!(pool.call(&SQUARE, &3), Ok(9));
        fs::remove_file(path).unwrap();
    }
}

fn a_result_that_is_too_long_is_refused_once() {
    if can_look() {
        crate::alone("huge");
    }
}

/// With shared memory that the result does not fit into: `ulimit -f` bounds it.
pub fn huge() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Fsize);
    setrlimit(Resource::Fsize, Rlimit { current: Some(16 << 20), ..limit }).unwrap();
    let path = note("huge");
    let pool = pool(1);
    let run = |len| pool.call(&HUGE, &(path.to_str().unwrap().to_owned(), len)).map(|bytes| bytes.len());
    // By the pipe.
    assert_eq!(run(40 << 20), Ok(40 << 20));
    let refused = run(process_pool::limits::LONGEST_FRAME);
    assert!(matches!(&refused, Err(Failure::Unreadable(why)) if why.contains("no shared memory")), "{refused:?}");
    assert_eq!(fs::read(&path).unwrap().len(), 2, "once each");
    fs::remove_file(path).unwrap();
}

/// The copy of the worker returns from the task, too.
fn a_task_that_forks_is_answered_once() {
    if !can_look() {
        return;
    }
    let pool = builder().workers(1).retries(0).build().unwrap();
    for n in 0..20 {
        assert_eq!(pool.call(&FORK_OFF, &n), Ok(n));
    }
    assert_eq!(pool.map(&SQUARE, 0..1000), (0..1000).map(|n| Ok(n * n)).collect::<Vec<_>>());
}
