//! Options of tasks.

use std::fs;
use std::time::Duration;

use process_pool::{End, Failure, Finish};

use crate::basics::{builder, pool};
use crate::gate::Gate;
use crate::retries::note;
use crate::tasks::{ABORT, ALLOCATE, GATE, ONCE, SLEEP, SQUARE, TRAP};

crate::tests![
    a_task_has_a_time_limit_of_its_own,
    a_time_limit_counts_from_the_beginning_of_the_run,
    a_task_has_retries_of_its_own,
    without_retries_of_its_own_a_task_runs_once,
    different_options_at_once,
    a_task_keeps_its_options,
    a_task_has_a_memory_limit_of_its_own,
    repeated_runs_go_first_or_last,
];

fn a_task_has_a_time_limit_of_its_own() {
    let pool = builder().workers(2).retries(0).build().unwrap();
    let short = pool.prepare(&SLEEP).timeout(Duration::from_millis(50));
    assert_eq!(short.submit(&1_000_000).wait(), Err(Failure::TimedOut { attempts: 1 }));
    assert_eq!(pool.call(&SLEEP, &200), Ok(200), "others have none");
    // On a busy machine a quick task may reach a short limit as well.
    let spares_the_quick = |limit| {
        let outcomes = pool.prepare(&SLEEP).timeout(Duration::from_millis(limit)).map([1_000_000, 0]);
        assert_eq!(outcomes[0], Err(Failure::TimedOut { attempts: 1 }));
        outcomes[1] == Ok(0)
    };
    assert!([50, 500, 5000].into_iter().any(spares_the_quick), "both were killed each time");
    // It replaces that of the pool.
    let pool = builder().workers(1).retries(0).timeout(Duration::from_millis(50)).build().unwrap();
    assert_eq!(pool.call(&SLEEP, &1_000_000), Err(Failure::TimedOut { attempts: 1 }));
    assert_eq!(pool.prepare(&SLEEP).timeout(Duration::from_secs(1000)).call(&200), Ok(200));
}

fn a_task_has_a_memory_limit_of_its_own() {
    if !process_pool::limits::can_limit_memory() {
        return println!("not measured: no memory limit on this system");
    }
    let too_much = Err(Failure::Died { how: End::Signal(6), attempts: 1 });
    let pool = builder().workers(1).retries(0).build().unwrap();
    let small = pool.prepare(&ALLOCATE).memory(64 << 20);
    assert_eq!(small.call(&16), Ok(16));
    assert_eq!(small.submit(&200).wait(), too_much);
    assert_eq!(pool.call(&ALLOCATE, &200), Ok(200), "others have none");
    assert_eq!(small.map([16, 200, 16]), [Ok(16), too_much.clone(), Ok(16)]);
    // That of the pool holds, too.
    let pool = builder().workers(1).retries(0).memory(64 << 20).build().unwrap();
    assert_eq!(pool.prepare(&ALLOCATE).memory(1 << 30).call(&200), too_much);
    assert_eq!(pool.call(&ALLOCATE, &16), Ok(16));
}

/// They wait longer than their limit.
fn a_time_limit_counts_from_the_beginning_of_the_run() {
    // On a busy machine a short limit may be reached all the same.
    let all_end = |seconds| {
        let (pool, gate) = (builder().workers(1).retries(0).build().unwrap(), Gate::new("not-yet"));
        let (running, pid) = gate.enter(&pool);
        let limited = pool.prepare(&SQUARE).timeout(Duration::from_secs(seconds));
        let handles: Vec<_> = (0..20).map(|n| (n, limited.submit(&n))).collect();
        std::thread::sleep(Duration::from_secs(seconds) + Duration::from_millis(500));
        gate.open();
        assert_eq!(running.wait(), Ok(pid));
        handles.into_iter().all(|(n, handle)| handle.wait() == Ok(n * n))
    };
    assert!([1, 4, 16].into_iter().any(all_end), "some were killed each time");
}

fn a_task_has_retries_of_its_own() {
    let pool = builder().workers(1).retries(1).build().unwrap();
    for retries in [0, 3] {
        let died = Err(Failure::Died { how: End::Signal(6), attempts: retries + 1 });
        assert_eq!(pool.prepare(&ABORT).retries(retries).call(&1), died);
    }
    assert_eq!(pool.call(&ABORT, &1), Err(Failure::Died { how: End::Signal(6), attempts: 2 }));
    let stats = pool.stats();
    assert_eq!((stats.failed, stats.retried, stats.deaths), (3, 3 + 1, 1 + 4 + 2));
}

/// Quick ones of the same kind travel together, but not those.
fn without_retries_of_its_own_a_task_runs_once() {
    let pool = pool(2);
    pool.map(&TRAP, (0..5000).map(|_| (String::new(), 1)));
    let once = pool.prepare(&TRAP).retries(0);
    let handles: Vec<_> = (0..500).map(|n| once.submit(&("kill".to_owned(), n % 100))).collect();
    for (n, handle) in (0..).zip(handles) {
        let died = Err(Failure::Died { how: End::Signal(9), attempts: 1 });
        assert_eq!(handle.wait(), if n % 100 == 0 { died } else { Ok((n % 100) * (n % 100)) }, "{n}");
    }
    assert_eq!((pool.stats().deaths, pool.stats().retried), (5, 0));
}

fn different_options_at_once() {
    let pool = pool(2);
    let handles: Vec<_> = (0..40)
        .map(|n| {
            let task = pool.prepare(&SLEEP).label(format!("page {n}"));
            let task = if n % 4 == 0 { task.timeout(Duration::from_millis(20)).retries(n / 20) } else { task };
            (n, task.submit(&if n % 4 == 0 { 1_000_000 } else { u64::from(n % 3) }))
        })
        .collect();
    for (n, handle) in handles {
        let outcome = handle.wait();
        if n % 4 == 0 {
            let failure = outcome.unwrap_err();
            assert_eq!(failure.label(), Some(&*format!("page {n}")));
            assert_eq!(failure.reason(), &Failure::TimedOut { attempts: n / 20 + 1 });
        } else {
            assert_eq!(outcome, Ok(u64::from(n % 3)));
        }
    }
}

/// Prepared once, used in all ways.
fn a_task_keeps_its_options() {
    let pool = pool(2);
    let task = pool.prepare(&ABORT).retries(0).label("a");
    let is_its = |outcome: Result<u64, Failure>| {
        let failure = outcome.unwrap_err();
        assert_eq!(failure.label(), Some("a"));
        assert_eq!(failure.reason(), &Failure::Died { how: End::Signal(6), attempts: 1 });
    };
    is_its(task.call(&1));
    is_its(task.clone().submit(&1).wait());
    task.map([1, 2]).into_iter().for_each(is_its);
    task.imap([1, 2]).for_each(is_its);
    task.imap_unordered([1, 2]).for_each(|(_, outcome)| is_its(outcome));
    drop(pool);
    is_its(task.call(&1));
}

/// The first kills its worker once. The others may go before it is run again, or not.
fn repeated_runs_go_first_or_last() {
    for (is_last, order) in [(false, [0, 1, 2, 3, 4, 5]), (true, [1, 2, 3, 4, 5, 0])] {
        let pool = builder().workers(1).record(true).build().unwrap();
        let (once, there) = (note("once-first"), note("there"));
        fs::write(&there, "").unwrap();
        let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
        let arguments = [text(&once)].into_iter().chain((0..5).map(|_| text(&there)));
        let task = pool.prepare(&ONCE);
        let task = if is_last { task.retries_last() } else { task };
        assert_eq!(task.map(arguments.collect::<Vec<_>>()), vec![Ok(true); 6]);
        let history = pool.history();
        assert_eq!((history[0].task, history[0].finish), (0, Finish::Died));
        let done: Vec<usize> = history.iter().filter(|stint| stint.finish == Finish::Done).map(|s| s.task).collect();
        assert_eq!(done, order);
        [once, there].into_iter().for_each(|path| fs::remove_file(path).unwrap());
    }
    let pool = pool(1);
    assert!(pool.prepare(&GATE).retries_last().call(&(String::new(), String::new())).is_ok());
}
