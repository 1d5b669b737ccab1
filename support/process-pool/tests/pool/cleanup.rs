//! What tasks print and start does not disturb the pool, and nothing stays behind: no process, descriptor, mapping or file.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use process_pool::frame::{self, Kind};
use process_pool::{Bytes, End, FORKSERVER, Failure, WORKER, WorkerLoss};

use crate::basics::{builder, pool};
use crate::common::{Program, all_right, can_look, children, descriptors, kill, lives, until, zombies};
use crate::tasks::{CHILD, PID, PRINT, REVERSE, SLEEP, SQUARE};

crate::tests![
    printing_does_not_disturb_the_protocol,
    grandchildren_do_not_disturb_the_pool,
    grandchildren_end_with_the_parent,
    a_thousand_deaths_leave_nothing,
    workers_that_fail_at_start_are_given_up,
    no_shared_memory_is_left,
];

fn printing_does_not_disturb_the_protocol() {
    let pool = pool(2);
    assert_eq!(pool.map(&PRINT, 0..50), (0..50).map(Ok).collect::<Vec<_>>());
}

fn grandchildren_do_not_disturb_the_pool() {
    let pool = pool(1);
    let child = pool.call(&CHILD, &()).unwrap();
    all_right(pool.map(&SQUARE, 0..1000));
    if can_look() {
        assert!(lives(child));
    }
    pool.workers().into_iter().for_each(|worker| _ = kill(worker));
    all_right(pool.map(&SQUARE, 0..1000));
    if can_look() {
        until("the dead worker's child is gone too", || (!lives(child)).then_some(()));
    }
    let child = pool.call(&CHILD, &()).unwrap();
    drop(pool);
    if can_look() {
        until("the last worker's child is gone too", || (!lives(child)).then_some(()));
    }
}

fn grandchildren_end_with_the_parent() {
    if !can_look() {
        return;
    }
    let mut program = Program(crate::scene("childless").spawn().unwrap());
    let mut line = String::new();
    BufReader::new(program.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let grandchild = line.trim().parse().unwrap();
    assert!(lives(grandchild));
    drop(program); // kill -9
    until("what the task has started is gone as well", || (!lives(grandchild)).then_some(()));
}

/// A parent whose worker's task has started a process. It says which, and waits.
pub fn childless() {
    let pool = pool(1);
    println!("{}", pool.call(&CHILD, &()).unwrap());
    thread::sleep(Duration::from_secs(1000));
}

/// Runs alone, in a process of its own: the other tests have children and descriptors too.
fn a_thousand_deaths_leave_nothing() {
    if !can_look() {
        return;
    }
    crate::alone("deaths");
}

pub fn a_thousand_deaths() {
    let maps = || fs::read_to_string("/proc/self/maps").unwrap().lines().count();
    let zombies = || zombies(std::process::id());
    let pool = pool(2);
    assert_eq!(pool.map(&SLEEP, [50, 50]), [Ok(50), Ok(50)]);
    let before = (descriptors(), maps());
    let mut deaths = BTreeSet::new();
    while deaths.len() < 1000 {
        for worker in pool.workers() {
            assert!(kill(worker));
            deaths.insert(worker);
        }
        // Enough for both: the idle one is replaced as well.
        assert_eq!(pool.map(&SLEEP, [1, 1]), [Ok(1), Ok(1)]);
    }
    until("everything is as it was", || {
        pool.map(&SLEEP, [20, 20]);
        (descriptors() <= before.0 && maps() <= before.1 + 8 && zombies() == 0).then_some(())
    });
    drop(pool);
    assert!(children(std::process::id()).is_empty() && zombies() == 0);
}

fn workers_that_fail_at_start_are_given_up() {
    let started = crate::common::Census::new("stillborn");
    crate::alone_with("stillborn", |program| _ = program.env(OTHER_TASKS, &started.0));
    assert!(started.count() > 2, "one after the other was tried");
}

/// Names the file to which a worker with other tasks than its parent's appends a byte.
const OTHER_TASKS: &str = "POOL_TEST_OTHER_TASKS";

/// Before `init`: a worker that knows one task less than its parent, as if the file of the program had been replaced. As it
/// says only what its tasks are, it needs no fork server.
pub fn with_other_tasks() {
    let Some(census) = std::env::var_os(OTHER_TASKS) else { return };
    match std::env::args().nth(1).as_deref() {
        Some(FORKSERVER) => std::process::exit(3), // the code of a server that cannot fork
        Some(WORKER) => {}
        _ => return,
    }
    fs::File::options().append(true).open(census).unwrap().write_all(b"x").unwrap();
    let [_tasks, results, ..] = crate::raw::descriptors_from_stdin();
    let names = process_pool::__private::TASKS.iter().map(|task| task.name());
    let mut hello = Vec::new();
    frame::begin(&mut hello, Kind::Hello);
    hello.extend(frame::hello(names.skip(1)));
    assert!(frame::end(&mut hello, 0));
    fs::File::from(results).write_all(&hello).unwrap();
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    std::process::exit(0);
}

/// In a program whose workers know other tasks than their parent.
pub fn stillborn() {
    let pool = builder().workers(2).build().unwrap();
    let results = pool.map(&PID, vec![(); 1000]);
    assert_eq!(results, vec![Err(Failure::NoWorker(WorkerLoss::Ended(End::ProtocolError))); 1000]);
    assert!(pool.imap_unordered(&PID, std::iter::repeat(())).take(10_000).all(|(_, result)| result.is_err()));
}

fn no_shared_memory_is_left() {
    if fs::read_dir("/dev/shm").is_err() {
        return println!("not measured: this system has no /dev/shm");
    }
    let pool = pool(2);
    pool.map(&REVERSE, (0..4).map(|n| Bytes::from(vec![n; 1 << 20])));
    pool.workers().into_iter().for_each(|worker| _ = kill(worker));
    pool.map(&REVERSE, (0..4).map(|n| Bytes::from(vec![n; 1 << 20])));
    drop(pool);
    // Their names have the pid, as pools of other processes make files too; and where there is no memfd, other tests of this process
    // have files for a moment.
    let ours = format!(".pool-{}-", std::process::id());
    let left = |folder: PathBuf| {
        let mut names = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.file_name());
        names.any(|name| name.to_string_lossy().starts_with(&ours))
    };
    until("no file is left", || (!left("/dev/shm".into()) && !left(std::env::temp_dir())).then_some(()));
}
