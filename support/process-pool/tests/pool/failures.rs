//! Tasks that kill, hang or stop their worker, or make it violate the protocol: each failure has its name.

use std::thread;
use std::time::Duration;

use process_pool::{End, Failure, Finish};

use crate::basics::{builder, pool};
use crate::common::{all_right, signal};
use crate::tasks::{ABORT, ALLOCATE, EXIT, OVERFLOW, SCRIBBLE, SELF_KILL, SLEEP, SQUARE, STOP, TRAP};

crate::tests![
    every_death_has_its_cause,
    memory_has_a_limit,
    a_hanging_task_is_killed,
    a_stopped_worker_is_replaced,
    a_worker_stopped_while_idle_is_replaced,
    idle_time_does_not_count_for_the_time_limit,
    idle_time_does_not_count_as_silence,
    a_protocol_violation_counts_as_death,
];

fn every_death_has_its_cause() {
    let pool = pool(2);
    let died = |how| Err(Failure::Died { how, attempts: 3 });
    assert_eq!(pool.call(&ABORT, &0), died(End::Signal(6)));
    assert_eq!(pool.call(&EXIT, &7), died(End::Code(7)));
    assert_eq!(pool.call(&EXIT, &0), died(End::Code(0)), "not an answer either");
    assert_eq!(pool.call(&OVERFLOW, &1), died(End::Signal(6)));
    assert_eq!(pool.call(&SELF_KILL, &1), died(End::Signal(9)));
    assert_eq!(pool.call(&SQUARE, &3), Ok(9));
}

fn memory_has_a_limit() {
    if !process_pool::limits::can_limit_memory() {
        println!("not measured: no memory limit on this system");
        return;
    }
    let pool = builder().workers(1).memory(64 << 20).build().unwrap();
    assert_eq!(pool.call(&ALLOCATE, &16), Ok(16));
    assert_eq!(pool.call(&ALLOCATE, &200), Err(Failure::Died { how: End::Signal(6), attempts: 3 }));
    assert_eq!(pool.call(&ALLOCATE, &16), Ok(16));
    // What is shared is not what the worker allocates.
    let bytes = pool.bytes(200 << 20, |bytes| bytes.fill(1));
    assert_eq!(pool.call(&crate::tasks::KEEP, &bytes), Ok(true));
    // Not even a worker fits into this.
    let pool = builder().workers(1).memory(0).retries(0).build().unwrap();
    assert!(matches!(pool.call(&ALLOCATE, &1), Err(Failure::NoWorker(_) | Failure::Died { .. })));
}

fn a_hanging_task_is_killed() {
    // On a busy machine other tasks may seem to hang too, if the limit is short; with a longer one they do not.
    let limits = [200, 1000, 5000].map(Duration::from_millis);
    assert!(limits.into_iter().any(only_the_hanging_one_is_killed), "others were killed too");
}

fn only_the_hanging_one_is_killed(limit: Duration) -> bool {
    let pool = builder().workers(2).timeout(limit).record(true).build().unwrap();
    let tasks = (0..3000).map(|n| ("hang".to_owned(), (n + 3000 - 1234) % 3000));
    for (n, result) in pool.map(&TRAP, tasks).into_iter().enumerate() {
        let number = (n as u64 + 3000 - 1234) % 3000;
        let late = Err(Failure::TimedOut { attempts: 3 });
        assert!(if number == 0 { result == late } else { result == Ok(number * number) || result == late }, "{n}");
    }
    let stopped: Vec<_> = pool.history().into_iter().filter(|stint| stint.finish == Finish::TimedOut).collect();
    assert!(stopped.iter().all(|s| Duration::from_nanos(s.end - s.start) >= limit));
    assert_eq!(stopped.iter().filter(|s| s.task == 1234).count(), 3);
    stopped.len() == 3
}

fn a_stopped_worker_is_replaced() {
    // The worker stops itself in the middle of the task: as often as it may be tried. No time limit is needed for that.
    let pool = builder().workers(1).retries(1).build().unwrap();
    assert_eq!(pool.call(&STOP, &1), Err(Failure::Died { how: End::Stopped, attempts: 2 }));
    assert_eq!(pool.call(&SQUARE, &3), Ok(9));
}

fn a_worker_stopped_while_idle_is_replaced() {
    let pool = pool(2);
    all_right(pool.map(&SQUARE, 0..10));
    signal("STOP", pool.workers()[0]);
    all_right(pool.map(&SQUARE, 0..100));
}

fn idle_time_does_not_count_for_the_time_limit() {
    // On a busy machine a short limit may be reached all the same.
    let is_left_alone = |limit| {
        let pool = builder().workers(1).timeout(limit).retries(0).build().unwrap();
        let first = pool.call(&SLEEP, &1);
        thread::sleep(limit + Duration::from_millis(200));
        (first, pool.call(&SLEEP, &50)) == (Ok(1), Ok(50))
    };
    assert!([1, 4, 16].into_iter().map(Duration::from_secs).any(is_left_alone), "it was killed each time");
}

/// A worker that has rested for long is given a task and does not begin it at once: here, as it is stopped for a moment.
fn idle_time_does_not_count_as_silence() {
    // On a busy machine the moment may be long; not every time.
    for _ in 0..5 {
        let pool = builder().workers(1).retries(0).build().unwrap();
        assert_eq!(pool.call(&SQUARE, &2), Ok(4));
        let worker = pool.workers();
        thread::sleep(Duration::from_millis(1500));
        signal("STOP", worker[0]);
        let answer = thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(200));
                signal("CONT", worker[0]);
            });
            pool.call(&SQUARE, &3)
        });
        if answer == Ok(9) && pool.workers() == worker {
            return;
        }
    }
    panic!("it was taken for dead each time");
}

fn a_protocol_violation_counts_as_death() {
    // Once each: what 256 MiB to come are worth is known only after some seconds.
    let pool = builder().workers(2).retries(0).build().unwrap();
    for nonsense in [
        b"x".to_vec(),
        b"PL".to_vec(),
        b"PL\x03\0\xff\xff\xff\x0f".to_vec(), // an honest face, and 256 MiB to come
        b"PL\x01\0\0\0\0\0".to_vec(),
        b"PL\x03\0\x03\0\0\0\x05\0\0".to_vec(), // more results than there are tasks
        b"PL\x03\0\x0b\0\0\0\x01\0\0\0\x03\x80\x80\x80\x80\x80\x20".to_vec(), // a value behind the end of the memory
        b"PL\x03\0\x06\0\0\0\x01\0\0\0\x03\0".to_vec(), // a value where the claims are
        b"PL\x05\0\0\0\0\0".to_vec(),           // ready, of an initializer that it was not sent
        b"PL\x04\0\x02\0\0\0\0\0".to_vec(),     // what only a parent sends
        vec![0xff; 100_000],
    ] {
        let died = pool.call(&SCRIBBLE, &nonsense);
        assert_eq!(died, Err(Failure::Died { how: End::ProtocolError, attempts: 1 }), "{nonsense:?}");
        assert_eq!(pool.call(&SQUARE, &3), Ok(9));
    }
}
