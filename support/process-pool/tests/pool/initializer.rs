//! What every worker runs before its first task.

use std::fs::{self, File};
use std::io::Write;
use std::process;
use std::sync::OnceLock;

use process_pool::{Error, Failure, Task, WorkerLoss, task};

use crate::basics::builder;
use crate::common::kill;
use crate::retries::note;

crate::tests![
    every_worker_runs_it_before_its_tasks,
    a_worker_that_takes_the_place_of_another_runs_it_too,
    without_it_no_task_runs,
    one_that_dies_is_a_death,
    one_that_is_not_registered_is_refused,
];

static PREPARED: OnceLock<String> = OnceLock::new();

task! {
    /// Appends a byte to the file, and keeps its name.
    static PREPARE: fn(String) -> () = |path| {
        File::options().create(true).append(true).open(&path).unwrap().write_all(b"x").unwrap();
        PREPARED.set(path).expect("an initializer runs once");
    };
    static WHAT_IS_PREPARED: fn(()) -> (u32, Option<String>) = |()| (process::id(), PREPARED.get().cloned());
    static FAIL: fn(u64) -> () = |n| panic!("no model {n}");
    static DIE: fn(()) -> () = |()| process::abort();
}

static STRANGER: Task<(), ()> = Task::new("stranger", |()| ());

fn every_worker_runs_it_before_its_tasks() {
    let path = note("prepared");
    let text = path.to_str().unwrap().to_owned();
    let pool = builder().workers(3).initializer(&PREPARE, &text).build().unwrap();
    let prepared = pool.map(&WHAT_IS_PREPARED, vec![(); 1000]);
    assert!(prepared.into_iter().all(|prepared| prepared.unwrap().1.as_ref() == Some(&text)));
    // A worker whose turn has not come may still be at it.
    assert!((1..=3).contains(&fs::read(&path).unwrap().len()), "once in each");
    drop(pool);
    fs::remove_file(path).unwrap();
}

fn a_worker_that_takes_the_place_of_another_runs_it_too() {
    let path = note("prepared-again");
    let text = path.to_str().unwrap().to_owned();
    let pool = builder().workers(1).max_tasks_per_worker(2).initializer(&PREPARE, &text).build().unwrap();
    let ask = || pool.call(&WHAT_IS_PREPARED, &()).unwrap();
    let (first, prepared) = ask();
    assert_eq!(prepared.as_ref(), Some(&text));
    assert!(kill(first));
    let pids = [ask(), ask(), ask()].map(|(pid, prepared)| {
        assert_eq!(prepared.as_ref(), Some(&text));
        pid
    });
    assert!(pids[0] != first && pids[0] == pids[1] && pids[1] != pids[2], "{first} {pids:?}");
    assert_eq!(fs::read(&path).unwrap().len(), 3);
    fs::remove_file(path).unwrap();
}

fn without_it_no_task_runs() {
    let pool = builder().workers(2).initializer(&FAIL, &7).build().unwrap();
    for _ in 0..2 {
        for outcome in pool.map(&WHAT_IS_PREPARED, vec![(); 20]) {
            let Err(Failure::NoWorker(WorkerLoss::Initializer(failure))) = outcome else { panic!("{outcome:?}") };
            let Failure::Panicked(panic) = *failure else { panic!("{failure:?}") };
            assert_eq!(panic.message, "no model 7");
            assert!(panic.location.unwrap().file.ends_with("initializer.rs"));
        }
    }
    let handle = pool.submit(&WHAT_IS_PREPARED, &());
    assert!(matches!(handle.wait(), Err(Failure::NoWorker(WorkerLoss::Initializer(_)))));
    assert_eq!(pool.stats().done, 0);
}

fn one_that_dies_is_a_death() {
    let pool = builder().workers(1).initializer(&DIE, &()).build().unwrap();
    let outcome = pool.call(&WHAT_IS_PREPARED, &());
    assert!(matches!(outcome, Err(Failure::NoWorker(WorkerLoss::Ended(_)))), "{outcome:?}");
    assert!(pool.stats().deaths > 1, "it is tried again");
}

fn one_that_is_not_registered_is_refused() {
    let refused = builder().workers(1).initializer(&STRANGER, &()).build().unwrap_err();
    assert!(matches!(&refused, Error::NoWorkerStarts(WorkerLoss::Initializer(_))), "{refused}");
    assert!(refused.to_string().contains("stranger"), "{refused}");
}
