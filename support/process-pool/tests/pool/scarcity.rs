//! What a worker needs is scarce: the work goes on with those that there are.

use std::sync::{Arc, Mutex};

use process_pool::{Event, Pool};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::alone;
use crate::basics::builder;
use crate::common::{can_look, descriptors};
use crate::tasks::{EXIT, SLEEP, SQUARE};

crate::tests![too_few_descriptors_for_all_workers, too_few_processes_for_all_workers,];

fn too_few_descriptors_for_all_workers() {
    if can_look() {
        alone("scarce-descriptors");
    }
}

/// A pool, and what it tells.
fn pool_of(workers: usize) -> (Pool, Arc<Mutex<Vec<Event>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&told);
    let pool =
        builder().workers(workers).observer(move |event| to.lock().unwrap().push(event.clone())).build().unwrap();
    (pool, told)
}

fn the_work_goes_on(pool: &Pool, told: &Mutex<Vec<Event>>) {
    let living = pool.workers().len();
    assert!((1..8).contains(&living), "{living}");
    // Longer than all attempts to fill the other places.
    assert_eq!(pool.map(&SLEEP, [150; 30]), vec![Ok(150); 30]);
    // Where a process limit is reached, no thread can be had either.
    let might_wait = || (0..1000).inspect(|_| ());
    assert!(pool.imap_unordered(&SQUARE, might_wait()).all(|(place, square)| square == Ok((place as u64).pow(2))));
    assert_eq!(pool.map(&SQUARE, might_wait()), (0..1000).map(|n| Ok(n * n)).collect::<Vec<_>>());
    assert!(pool.call(&EXIT, &1).is_err());
    assert_eq!(pool.call(&SQUARE, &3), Ok(9));
    let told = told.lock().unwrap();
    let missing: Vec<&Event> = told.iter().filter(|event| matches!(event, Event::WorkerMissing { .. })).collect();
    assert!(matches!(missing[..], [Event::WorkerMissing { why }] if !why.is_empty()), "told once: {told:?}");
}

pub fn scarce_descriptors() {
    let used = descriptors() as u64;
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(used + 18), ..limit }).unwrap();
    let (pool, told) = pool_of(8);
    the_work_goes_on(&pool, &told);
    // There are enough again: all places are filled, by and by.
    setrlimit(Resource::Nofile, limit).unwrap();
    crate::common::until("all are there", || {
        pool.map(&SLEEP, [1; 16]);
        (pool.workers().len() == 8).then_some(())
    });
}

fn too_few_processes_for_all_workers() {
    if can_look() {
        alone("scarce-processes");
    }
}

pub fn scarce_processes() {
    // The limit does not hold for root.
    if !crate::tasks::become_nobody() {
        return println!("not measured: this test needs to be another user");
    }
    let limit = getrlimit(Resource::Nproc);
    setrlimit(Resource::Nproc, Rlimit { current: Some(5), maximum: limit.maximum }).unwrap();
    let (pool, told) = pool_of(8);
    the_work_goes_on(&pool, &told);
}
