//! A parent that forks: its copy has the pool's values, but not its workers.

use std::time::Duration;
use std::{process, thread};

use process_pool::{Failure, WorkerLoss};

use crate::alone;
use crate::basics::pool;
use crate::common::{can_look, children, until};
use crate::tasks::{SLEEP, SQUARE, fork};

crate::tests![
    a_forked_parent_does_no_harm,
    a_fork_can_have_a_pool_of_its_own,
    a_fork_in_the_middle_of_a_call_does_no_harm
];

/// Runs `work` in a forked process, and waits for it: 0 is success.
fn in_a_fork(work: impl FnOnce()) {
    let copy = fork();
    if copy == 0 {
        // It must not return: the copy has no business with what its parent is about to do.
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        process::exit(i32::from(done.is_err()));
    }
    let pid = rustix::process::Pid::from_raw(copy).unwrap();
    let status = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty()).unwrap().unwrap().1;
    assert_eq!(status.exit_status(), Some(0), "{status:?}");
}

fn a_forked_parent_does_no_harm() {
    if can_look() {
        alone("forked");
    }
}

pub fn forked() {
    let mut ours = Some(pool(2));
    assert_eq!(ours.as_mut().unwrap().call(&SQUARE, &3), Ok(9));
    let before = (ours.as_ref().unwrap().workers(), children(process::id()).len());
    in_a_fork(|| {
        let pool = ours.take().unwrap();
        let foreign = Err(Failure::NoWorker(WorkerLoss::Forked));
        assert_eq!(pool.call(&SQUARE, &3), foreign.clone());
        assert_eq!(pool.map(&SQUARE, 0..3), vec![foreign.clone(); 3]);
        assert_eq!(pool.imap_unordered(&SQUARE, 0..3).count(), 3);
        drop(pool);
    });
    let pool = ours.unwrap();
    assert_eq!(pool.map(&SQUARE, 0..100), (0..100).map(|n| Ok(n * n)).collect::<Vec<_>>());
    assert_eq!((pool.workers(), children(process::id()).len()), before);
}

/// As a daemon does: the copy goes on, and its parent too.
fn a_fork_can_have_a_pool_of_its_own() {
    if can_look() {
        alone("daemon");
    }
}

pub fn daemon() {
    let ours = pool(2);
    assert_eq!(ours.call(&SQUARE, &3), Ok(9));
    let before = (ours.workers(), children(process::id()).len());
    in_a_fork(|| {
        let its = pool(2);
        assert_eq!(its.map(&SQUARE, 0..100), (0..100).map(|n| Ok(n * n)).collect::<Vec<_>>());
        let all = its.workers();
        assert!(children(process::id()).iter().filter(|child| all.contains(&child.pid)).count() == 2);
        in_a_fork(|| assert_eq!(pool(1).call(&SQUARE, &4), Ok(16)));
        assert_eq!(its.call(&SQUARE, &5), Ok(25));
    });
    assert_eq!(ours.call(&SQUARE, &4), Ok(16));
    assert_eq!((ours.workers(), children(process::id()).len()), before, "nobody was killed, no server either");
    drop(ours);
    assert!(children(process::id()).is_empty());
}

fn a_fork_in_the_middle_of_a_call_does_no_harm() {
    if can_look() {
        alone("forked-in-a-call");
    }
}

pub fn forked_in_a_call() {
    let pool = pool(2);
    let mut results = pool.imap_unordered(&SLEEP, [1, 300, 300]);
    assert_eq!(results.next(), Some((0, Ok(1))));
    let copy = fork();
    if copy == 0 {
        drop(results);
        drop(pool);
        process::exit(0);
    }
    until("the copy has ended", || {
        let pid = rustix::process::Pid::from_raw(copy).unwrap();
        rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::NOHANG).unwrap()
    });
    thread::sleep(Duration::from_millis(50));
    assert_eq!(results.map(|(_, slept)| slept).collect::<Vec<_>>(), [Ok(300), Ok(300)]);
}
