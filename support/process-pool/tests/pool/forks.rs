//! A parent that forks: its copy has the pool's values, but not its workers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{process, thread};

use process_pool::{Completed, Failure, WorkerLoss};

use crate::alone;
use crate::basics::pool;
use crate::common::{can_look, children, until};
use crate::gate::Gate;
use crate::tasks::{SLEEP, SQUARE, fork};

crate::tests![
    a_forked_parent_does_no_harm,
    a_fork_can_have_a_pool_of_its_own,
    a_fork_in_the_middle_of_a_call_does_no_harm,
    handles_in_a_fork_fail_and_never_wait,
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

fn handles_in_a_fork_fail_and_never_wait() {
    if can_look() {
        alone("forked-handles");
    }
}

/// While another thread receives results, and may hold any lock in the moment of the fork.
pub fn forked_handles() {
    let (ours, gate) = (pool(3), Gate::new("forked"));
    let (running, pid) = gate.enter(&ours);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let busy = scope.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                assert_eq!(ours.call(&SQUARE, &3), Ok(9));
            }
        });
        for _ in 0..20 {
            let ended = ours.submit(&SQUARE, &2);
            until("it has ended", || ended.is_done().then_some(()));
            let mut handles: Vec<_> = (0..6).map(|_| gate.submit(&ours)).collect();
            let completed: Completed<u32> = (0..2).map(|_| gate.submit(&ours)).collect();
            let results = ours.imap(&SLEEP, (0..100).map(|n| n % 3));
            let mut parts = Some((ended, handles.split_off(0), completed, results));
            in_a_fork(|| {
                let (ended, mut handles, completed, results) = parts.take().unwrap();
                let foreign = || Err(Failure::NoWorker(WorkerLoss::Forked));
                assert_eq!(ended.wait(), Err(Failure::NoWorker(WorkerLoss::Forked)));
                let mut first = handles.pop().unwrap();
                assert!(first.is_done() && !first.cancel() && !first.kill());
                assert_eq!((first.try_wait(), first.wait_timeout(Duration::MAX)), (Some(foreign()), Some(foreign())));
                assert_eq!(first.wait(), foreign());
                assert_eq!(smol::block_on(handles.pop().unwrap()), foreign());
                handles.pop().unwrap().then(move |outcome| assert_eq!(outcome, foreign()));
                let failed: std::collections::BTreeMap<_, _> = completed.collect();
                assert!(failed.into_iter().eq([0, 1].map(|n| (n, foreign()))));
                assert_eq!(results.count(), 0);
                assert_eq!(
                    (ours.submit(&SQUARE, &1).wait().is_err(), ours.workers(), ours.history()),
                    (true, vec![], vec![])
                );
                assert_eq!(ours.stats(), process_pool::Stats::default());
                assert_eq!(ours.shutdown(process_pool::Shutdown::Finish, None), Ok(()));
            });
            let (ended, handles, completed, results) = parts.take().unwrap();
            assert_eq!(ended.wait(), Ok(4));
            assert!(handles.iter().all(|handle| handle.kill()) && completed.handles().all(|(_, handle)| handle.kill()));
            handles.into_iter().for_each(|handle| assert_eq!(handle.wait(), Err(Failure::Cancelled)));
            assert_eq!(completed.count(), 2);
            assert!(results.eq((0..100).map(|n| Ok(n % 3))));
        }
        stop.store(true, Ordering::SeqCst);
        busy.join().unwrap();
    });
    gate.open();
    assert_eq!(running.wait(), Ok(pid));
}
