//! Cancelling and killing tasks, by their handles.

use process_pool::Failure;

use crate::basics::{builder, pool};
use crate::common::{can_look, lives, until};
use crate::gate::Gate;
use crate::tasks::{GATE, SQUARE};

crate::tests![
    a_queued_task_is_cancelled_and_never_runs,
    a_sent_task_is_cancelled_and_never_runs,
    a_running_task_is_not_cancelled,
    an_ended_task_is_neither_cancelled_nor_killed,
    a_running_task_is_killed_with_its_worker,
    a_queued_task_that_is_killed_costs_no_worker,
    a_kill_harms_no_other_task,
    a_task_that_was_to_be_run_again_is_cancelled,
    a_cancelled_task_has_its_label,
    thousands_are_cancelled,
];

fn a_queued_task_is_cancelled_and_never_runs() {
    let (pool, gate) = (pool(1), Gate::new("queued"));
    let (running, pid) = gate.enter(&pool);
    let [first, second, third] = [(); 3].map(|()| pool.submit(&GATE, &gate.passes()));
    assert!(second.cancel(), "it waits");
    assert!(second.is_done());
    assert!(!second.cancel() && !second.kill(), "it has ended");
    assert_eq!(second.wait(), Err(Failure::Cancelled), "and while the worker is busy");
    gate.open();
    assert_eq!([running.wait(), first.wait(), third.wait()], [Ok(pid), Ok(pid), Ok(pid)]);
    assert_eq!(gate.begun(), 3, "the cancelled one has not run");
    let stats = pool.stats();
    assert_eq!((stats.queued, stats.running, stats.done, stats.cancelled, stats.deaths), (0, 0, 3, 1, 0));
}

/// Tasks known to be quick are sent to the worker before it has ended the one that runs.
fn a_sent_task_is_cancelled_and_never_runs() {
    let (pool, gate) = (pool(1), Gate::new("sent"));
    let nothing = (String::new(), String::new());
    until("tasks are sent ahead", || {
        let quick: Vec<_> = (0..2000).map(|_| pool.submit(&GATE, &nothing)).collect();
        quick.into_iter().for_each(|quick| assert!(quick.wait().is_ok()));
        let before = gate.begun();
        let (running, pid) = gate.enter(&pool);
        let handles: Vec<_> = (0..5).map(|_| pool.submit(&GATE, &gate.passes())).collect();
        // On a busy machine a quick task may have seemed slow; then this is tried again.
        let are_sent = pool.stats().running == 6;
        assert!(handles[2].cancel());
        assert!(handles[2].is_done() && !handles[3].is_done());
        gate.open();
        assert_eq!(running.wait(), Ok(pid));
        for (n, handle) in handles.into_iter().enumerate() {
            assert_eq!(handle.wait(), if n == 2 { Err(Failure::Cancelled) } else { Ok(pid) }, "{n}");
        }
        assert_eq!(gate.begun(), before + 5, "the cancelled one has not run");
        gate.close();
        are_sent.then_some(())
    });
    assert_eq!(pool.stats().deaths, 0);
}

fn a_running_task_is_not_cancelled() {
    let (pool, gate) = (pool(1), Gate::new("running"));
    let (running, pid) = gate.enter(&pool);
    assert!(!running.cancel());
    assert!(!running.is_done());
    gate.open();
    assert_eq!(running.wait(), Ok(pid));
    let stats = pool.stats();
    assert_eq!((stats.done, stats.cancelled, stats.deaths), (1, 0, 0));
}

fn an_ended_task_is_neither_cancelled_nor_killed() {
    let pool = pool(1);
    let workers = pool.workers();
    let handle = pool.submit(&SQUARE, &3);
    until("it has ended", || handle.is_done().then_some(()));
    assert!(!handle.cancel() && !handle.kill());
    assert_eq!(handle.wait(), Ok(9));
    assert_eq!(pool.workers(), workers);
}

fn a_running_task_is_killed_with_its_worker() {
    let (pool, gate) = (pool(1), Gate::new("killed"));
    let (running, pid) = gate.enter(&pool);
    assert!(running.kill());
    assert_eq!(running.wait(), Err(Failure::Cancelled));
    if can_look() {
        until("its worker is gone", || (!lives(pid)).then_some(()));
    }
    let other = pool.call(&GATE, &(String::new(), String::new())).unwrap();
    assert_ne!(other, pid);
    assert_eq!(pool.workers(), [other]);
    assert_eq!(gate.begun(), 1, "it has retries, and is not run again");
    let stats = pool.stats();
    assert_eq!((stats.cancelled, stats.deaths, stats.retried, stats.started), (1, 1, 0, 2));
}

fn a_queued_task_that_is_killed_costs_no_worker() {
    let (pool, gate) = (pool(1), Gate::new("spared"));
    let (running, pid) = gate.enter(&pool);
    let queued = pool.submit(&GATE, &gate.passes());
    assert!(queued.kill());
    assert_eq!(queued.wait(), Err(Failure::Cancelled));
    gate.open();
    assert_eq!(running.wait(), Ok(pid));
    assert_eq!(gate.begun(), 1);
    assert_eq!(pool.workers(), [pid]);
}

/// Others on its worker have ended, and their results may not have been sent; or they wait behind it.
fn a_kill_harms_no_other_task() {
    let (first, second) = (Gate::new("before"), Gate::new("among"));
    let nothing = (String::new(), String::new());
    let pool = builder().workers(1).retries(1).build().unwrap();
    let mut so_far = 0;
    until("they travel together", || {
        let quick: Vec<_> = (0..2000).map(|_| pool.submit(&GATE, &nothing)).collect();
        quick.into_iter().for_each(|quick| assert!(quick.wait().is_ok()));
        let (running, pid) = first.enter(&pool);
        let before: Vec<_> = (0..5).map(|_| pool.submit(&GATE, &nothing)).collect();
        let victim = second.submit(&pool);
        let behind: Vec<_> = (0..5).map(|_| pool.submit(&GATE, &nothing)).collect();
        let are_sent = pool.stats().running == 12;
        let seen = second.begun();
        first.open();
        until("the victim runs", || (second.begun() > seen).then_some(()));
        first.close();
        assert!(victim.kill());
        assert_eq!(victim.wait(), Err(Failure::Cancelled));
        assert_eq!(running.wait(), Ok(pid));
        assert!(before.into_iter().chain(behind).all(|handle| handle.wait().is_ok()));
        // Results that the worker had not sent went with it, and that counts as a run: those tasks run once more. Those behind had
        // not begun.
        let retried = pool.stats().retried;
        assert!(retried <= so_far + 5, "{retried}");
        so_far = retried;
        are_sent.then_some(())
    });
}

/// Its first run has killed its worker, and the only other worker is busy.
fn a_task_that_was_to_be_run_again_is_cancelled() {
    let (pool, gate, other) =
        (builder().workers(1).retries(1000).build().unwrap(), Gate::new("again"), Gate::new("rest"));
    let (victim, pid) = gate.enter(&pool);
    // In this moment another task is there, which goes before a run that is repeated.
    let last = pool.prepare(&GATE).retries_last();
    let again = last.submit(&gate.waits());
    crate::common::kill(pid);
    until("another worker has begun", || (gate.begun() >= 2).then_some(()));
    assert!(victim.cancel() || victim.kill());
    assert_eq!(victim.wait(), Err(Failure::Cancelled));
    assert!(again.cancel() || again.kill());
    assert_eq!(again.wait(), Err(Failure::Cancelled));
    let begun = gate.begun();
    other.open();
    assert!(other.submit(&pool).wait().is_ok());
    assert_eq!(gate.begun(), begun);
}

fn a_cancelled_task_has_its_label() {
    let (pool, gate) = (pool(1), Gate::new("labelled"));
    let task = pool.prepare(&GATE).label("page 7");
    let (running, _) = gate.enter_as(&task);
    let queued = task.submit(&gate.passes());
    assert!(queued.cancel() && running.kill());
    for handle in [queued, running] {
        let failure = handle.wait().unwrap_err();
        assert_eq!((failure.label(), failure.reason()), (Some("page 7"), &Failure::Cancelled));
    }
}

/// Of 5,000 tasks behind one that runs, every other is cancelled.
fn thousands_are_cancelled() {
    let (pool, gate) = (pool(1), Gate::new("thousands"));
    let (running, _) = gate.enter(&pool);
    let handles: Vec<_> = (0..5000).map(|n| pool.submit(&SQUARE, &n)).collect();
    assert!(handles.iter().step_by(2).all(|handle| handle.cancel()));
    gate.open();
    assert!(running.wait().is_ok());
    for (n, handle) in (0..).zip(handles) {
        assert_eq!(handle.wait(), if n % 2 == 0 { Err(Failure::Cancelled) } else { Ok(n * n) });
    }
    let stats = pool.stats();
    assert_eq!((stats.queued, stats.running, stats.done, stats.cancelled), (0, 0, 2501, 2500));
}
