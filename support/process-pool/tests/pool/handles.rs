//! Handles of submitted tasks: waiting for them, asking them, dropping them; failures as errors.

use std::error::Error;
use std::time::{Duration, Instant};

use process_pool::{Failure, Panic};

use crate::basics::pool;
use crate::common::until;
use crate::gate::Gate;
use crate::tasks::{FALLIBLE, GATE, PANIC, SLEEP, SQUARE, STRANGER};

crate::tests![
    handles_are_waited_for_in_any_order,
    ten_thousand_handles,
    a_handle_tells_whether_its_task_has_ended,
    an_outcome_is_taken_once,
    asking_alone_brings_the_outcome,
    a_dropped_handle_leaves_its_task_alone,
    a_handle_outlives_its_pool,
    an_unregistered_task_has_a_handle,
    a_failure_has_a_label_and_sources,
    a_value_that_is_an_error_is_a_value,
];

fn handles_are_waited_for_in_any_order() {
    let pool = pool(2);
    let submit = || -> Vec<_> { (0..200).map(|n| (n, pool.submit(&SQUARE, &n))).collect() };
    for (n, handle) in submit() {
        assert_eq!(handle.wait(), Ok(n * n));
    }
    for (n, handle) in submit().into_iter().rev() {
        assert_eq!(handle.wait(), Ok(n * n));
    }
    // 77 and 200 have no common divisor: each once.
    let mut handles: Vec<_> = submit().into_iter().map(Some).collect();
    for (n, handle) in (0..200).map(|step| handles[step * 77 % 200].take().unwrap()).collect::<Vec<_>>() {
        assert_eq!(handle.wait(), Ok(n * n));
    }
    // The first is done last.
    let handles = [300, 1, 2].map(|ms| pool.submit(&SLEEP, &ms));
    assert_eq!(handles.map(|handle| handle.wait()), [Ok(300), Ok(1), Ok(2)]);
}

fn ten_thousand_handles() {
    let pool = pool(2);
    let handles: Vec<_> = (0..10_000).map(|n| pool.submit(&SQUARE, &n)).collect();
    for (n, handle) in (0..).zip(handles) {
        assert_eq!(handle.wait(), Ok(n * n));
    }
    let stats = pool.stats();
    assert_eq!((stats.done, stats.failed, stats.cancelled), (10_000, 0, 0));
}

fn a_handle_tells_whether_its_task_has_ended() {
    let (pool, gate) = (pool(1), Gate::new("tells"));
    let (mut handle, pid) = gate.enter(&pool);
    assert!(!handle.is_done());
    assert_eq!(handle.try_wait(), None);
    let start = Instant::now();
    assert_eq!(handle.wait_timeout(Duration::from_millis(30)), None);
    assert!(start.elapsed() >= Duration::from_millis(30), "it has waited");
    gate.open();
    assert_eq!(handle.wait_timeout(Duration::MAX), Some(Ok(pid)));
    assert!(handle.is_done());

    let handle = pool.submit(&SQUARE, &5);
    until("the pool's own thread has seen to it", || handle.is_done().then_some(()));
    assert_eq!(handle.wait(), Ok(25));
}

fn an_outcome_is_taken_once() {
    let pool = pool(1);
    let mut handle = pool.submit(&SQUARE, &3);
    assert_eq!(handle.wait_timeout(Duration::MAX), Some(Ok(9)));
    assert!(handle.is_done());
    assert_eq!((handle.try_wait(), handle.wait_timeout(Duration::MAX)), (None, None));
    assert!(!handle.cancel() && !handle.kill());
    // It is not waited for again, which would be for ever.
    assert_eq!(handle.wait(), Err(Failure::Cancelled));
    assert_eq!(pool.stats().cancelled, 0);
}

fn asking_alone_brings_the_outcome() {
    let pool = pool(1);
    for n in 0..100 {
        let mut handle = pool.submit(&SQUARE, &n);
        assert_eq!(until("it is there", || handle.try_wait()), Ok(n * n));
    }
}

/// Nobody waits for it, so only the pool's own thread can see to it, behind another task.
fn a_dropped_handle_leaves_its_task_alone() {
    let (pool, gate) = (pool(1), Gate::new("dropped"));
    drop(gate.enter(&pool));
    for _ in 0..20 {
        drop(pool.submit(&GATE, &gate.passes()));
    }
    gate.open();
    until("all have run", || (gate.begun() == 21).then_some(()));
    until("all have ended", || (pool.stats().done == 21).then_some(()));
    assert_eq!(pool.stats().cancelled, 0);
}

fn a_handle_outlives_its_pool() {
    let (pool, gate) = (pool(1), Gate::new("outlives"));
    let done = pool.submit(&SQUARE, &3);
    until("it has ended", || done.is_done().then_some(()));
    let (runs, _) = gate.enter(&pool);
    let waits = pool.submit(&SQUARE, &4);
    drop(pool);
    assert_eq!(done.wait(), Ok(9));
    assert_eq!(runs.wait(), Err(Failure::Cancelled));
    assert_eq!(waits.wait(), Err(Failure::Cancelled));
}

fn an_unregistered_task_has_a_handle() {
    let pool = pool(1);
    let mut handle = pool.submit(&STRANGER, &1);
    assert!(handle.is_done() && !handle.cancel() && !handle.kill());
    assert_eq!(handle.try_wait(), Some(Err(Failure::Unknown("stranger"))));
    let labelled = pool.prepare(&STRANGER).label("who").submit(&1).wait().unwrap_err();
    assert_eq!((labelled.label(), labelled.reason()), (Some("who"), &Failure::Unknown("stranger")));
}

fn a_failure_has_a_label_and_sources() {
    let pool = pool(1);
    let plain = pool.submit(&PANIC, &7).wait().unwrap_err();
    let labelled = pool.prepare(&PANIC).label("page 7").submit(&7).wait().unwrap_err();
    assert_eq!((labelled.label(), labelled.reason()), (Some("page 7"), &plain));
    assert_eq!((plain.label(), plain.reason()), (None, &plain));
    assert_eq!(labelled.to_string(), format!("page 7: {plain}"));
    assert!(plain.to_string().starts_with("panicked at ") && plain.to_string().ends_with(": on purpose 7"), "{plain}");

    // A label, its failure, the panic, and nothing behind that.
    let failure = labelled.source().unwrap();
    assert_eq!(failure.downcast_ref(), Some(&plain));
    let panic = failure.source().unwrap();
    assert_eq!(panic.downcast_ref::<Panic>().unwrap().message, "on purpose 7");
    assert!(panic.source().is_none());
    assert!(Failure::Cancelled.source().is_none());

    // As any error, with `?`.
    let as_any = || -> Result<u64, Box<dyn Error + Send + Sync>> { Ok(pool.call(&PANIC, &1)?) };
    assert!(as_any().unwrap_err().to_string().contains("on purpose 1"));
    assert_eq!(pool.prepare(&SQUARE).label("a value has none").call(&3), Ok(9));
}

fn a_value_that_is_an_error_is_a_value() {
    let pool = pool(2);
    assert_eq!(pool.submit(&FALLIBLE, &10).wait(), Ok(Ok(5)));
    assert_eq!(pool.submit(&FALLIBLE, &3).wait(), Ok(Err("3 is odd".to_owned())));
    let stats = pool.stats();
    assert_eq!((stats.done, stats.failed), (2, 0));
    // Both kinds in one line, as a caller writes it.
    let outcomes =
        pool.map(&FALLIBLE, [2, 5]).into_iter().map(|outcome| outcome.map_err(|failure| failure.to_string())?);
    assert_eq!(outcomes.collect::<Vec<_>>(), [Ok(1), Err("5 is odd".to_owned())]);
}
