//! Functions that are called with outcomes, and observers: once each, without a lock, and they may use the pool.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use process_pool::limits::BATCH_TASKS;
use process_pool::{Completed, Failure, Pool};

use crate::basics::{builder, pool};
use crate::common::{can_look, lives, until};
use crate::gate::Gate;
use crate::tasks::{EXIT, PANIC, SQUARE};

crate::tests![
    a_callback_is_called_once,
    a_callback_after_the_end_is_called_at_once,
    a_callback_gets_failures_too,
    callbacks_submit_more_tasks,
    a_callback_that_panics_harms_nobody,
    callbacks_wait_for_other_tasks,
    a_callback_of_a_waiting_thread_waits_for_other_tasks,
    the_last_clone_goes_in_a_callback,
    an_observer_uses_the_pool,
];

fn a_callback_is_called_once() {
    let pool = pool(2);
    let counts: Arc<Vec<AtomicUsize>> = Arc::new((0..1000).map(|_| AtomicUsize::new(0)).collect());
    for n in 0..1000 {
        let counts = Arc::clone(&counts);
        pool.submit(&SQUARE, &n).then(move |square| {
            assert_eq!(square, Ok(n * n));
            counts[n as usize].fetch_add(1, Ordering::SeqCst);
        });
    }
    until("all were called", || counts.iter().all(|count| count.load(Ordering::SeqCst) > 0).then_some(()));
    drop(pool);
    assert!(counts.iter().all(|count| count.load(Ordering::SeqCst) == 1), "once each");
}

fn a_callback_after_the_end_is_called_at_once() {
    let pool = pool(1);
    let handle = pool.submit(&SQUARE, &3);
    until("it has ended", || handle.is_done().then_some(()));
    let (sender, receiver) = channel();
    handle.then(move |square| sender.send((square, thread::current().id())).unwrap());
    assert_eq!(receiver.try_recv(), Ok((Ok(9), thread::current().id())));
}

fn a_callback_gets_failures_too() {
    let (pool, gate) = (pool(1), Gate::new("failures-too"));
    let (sender, receiver) = channel();
    let (running, _) = gate.enter(&pool);
    let send = |sender: &Sender<_>| {
        let sender = sender.clone();
        move |outcome: Result<u64, Failure>| sender.send(outcome.unwrap_err()).unwrap()
    };
    pool.submit(&PANIC, &1).then(send(&sender));
    gate.open();
    assert!(running.wait().is_ok());
    assert!(matches!(receiver.recv(), Ok(Failure::Panicked(panic)) if panic.message == "on purpose 1"));
    gate.close();
    let _running = gate.enter(&pool);
    pool.submit(&SQUARE, &1).then(send(&sender));
    drop(pool);
    assert_eq!(receiver.recv(), Ok(Failure::Cancelled));
}

/// Each squares what the one before has got, and nobody else waits.
fn callbacks_submit_more_tasks() {
    fn next(pool: &Pool, left: u32, n: u64, end: Sender<u64>) {
        if left == 0 {
            return end.send(n).unwrap();
        }
        let again = pool.clone();
        pool.submit(&SQUARE, &(n % 1000)).then(move |square| next(&again, left - 1, square.unwrap(), end));
    }
    let pool = pool(2);
    let (end, receiver) = channel();
    for n in 0..4 {
        next(&pool, 100, n, end.clone());
    }
    let mut ends: Vec<u64> = (0..4).map(|_| receiver.recv().unwrap()).collect();
    let mut right: Vec<u64> = (0..4).map(|n| (0..100).fold(n, |n, _| (n % 1000) * (n % 1000))).collect();
    ends.sort_unstable();
    right.sort_unstable();
    assert_eq!(ends, right);
}

fn a_callback_that_panics_harms_nobody() {
    let pool = pool(2);
    let called = Arc::new(AtomicUsize::new(0));
    let handles: Vec<_> = (0..300).map(|n| pool.submit(&SQUARE, &n)).collect();
    for (n, handle) in handles.into_iter().enumerate() {
        let called = Arc::clone(&called);
        handle.then(move |_| {
            called.fetch_add(1, Ordering::SeqCst);
            // `resume_unwind` says nothing on standard error.
            if n % 3 == 0 {
                std::panic::resume_unwind(Box::new("on purpose"));
            }
        });
    }
    until("all were called", || (called.load(Ordering::SeqCst) == 300).then_some(()));
    assert_eq!(pool.call(&SQUARE, &5), Ok(25));
    assert_eq!(pool.submit(&SQUARE, &6).wait(), Ok(36));
}

/// Everything that waits, in a thread that would receive the results.
fn use_all(pool: &Pool, n: u64) {
    assert_eq!(pool.call(&SQUARE, &n), Ok(n * n));
    assert_eq!(pool.submit(&SQUARE, &n).wait(), Ok(n * n));
    assert_eq!(pool.map(&SQUARE, 0..300).len(), 300);
    // More than may be ahead, of an iterator that might wait.
    let many = BATCH_TASKS as u64 + 1000;
    assert_eq!(
        pool.map(&SQUARE, (0..many).map(|n| n % 10)).iter().filter(|square| square.is_ok()).count() as u64,
        many
    );
    assert_eq!(pool.imap(&SQUARE, (0..300).inspect(|_| ())).count(), 300);
    let completed: Completed<u64> = (0..100).map(|n| pool.submit(&SQUARE, &n)).collect();
    assert_eq!(completed.filter(|(n, square)| *square == Ok(n * n)).count(), 100);
    assert_eq!(smol::block_on(pool.submit(&SQUARE, &n)), Ok(n * n));
    let _ = (pool.stats(), pool.workers(), pool.history());
}

fn callbacks_wait_for_other_tasks() {
    let pool = pool(2);
    let (sender, receiver) = channel();
    for n in 0..3 {
        let (again, sender) = (pool.clone(), sender.clone());
        pool.submit(&SQUARE, &n).then(move |square| {
            use_all(&again, n);
            sender.send(square).unwrap();
        });
    }
    for _ in 0..3 {
        assert!(receiver.recv().unwrap().is_ok());
    }
}

/// The thread that waits for its own task receives the result that the callback is for.
fn a_callback_of_a_waiting_thread_waits_for_other_tasks() {
    let (pool, gate) = (pool(2), Gate::new("nested"));
    let (sender, receiver) = channel();
    thread::scope(|scope| {
        let leader = scope.spawn(|| pool.call(&crate::tasks::GATE, &gate.waits()));
        until("it waits", || (gate.begun() == 1).then_some(()));
        for n in 0..3 {
            let (again, sender) = (pool.clone(), sender.clone());
            pool.submit(&SQUARE, &n).then(move |_| {
                use_all(&again, n);
                sender.send(()).unwrap();
            });
        }
        for _ in 0..3 {
            receiver.recv().unwrap();
        }
        gate.open();
        assert!(leader.join().unwrap().is_ok());
    });
}

fn the_last_clone_goes_in_a_callback() {
    for _ in 0..5 {
        let (pool, gate) = (pool(1), Gate::new("last-clone"));
        let (handle, pid) = gate.enter(&pool);
        let waits = pool.submit(&SQUARE, &3);
        let (last, (sender, receiver)) = (pool.clone(), channel());
        handle.then(move |outcome| {
            drop(last);
            sender.send(outcome).unwrap();
        });
        drop(pool);
        gate.open();
        assert_eq!(receiver.recv().unwrap(), Ok(pid));
        let waited = waits.wait();
        assert!(waited == Ok(9) || waited == Err(Failure::Cancelled), "{waited:?}");
        if can_look() {
            until("the worker is gone", || (!lives(pid)).then_some(()));
        }
    }
}

fn an_observer_uses_the_pool() {
    static SHARED: [Mutex<Option<Pool>>; 2] = [const { Mutex::new(None) }; 2];
    let shared = &SHARED[crate::basics::START.get() as usize]; // the same test runs beside this one, in the other way
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let observer = move |_: &process_pool::Event| {
        let pool = shared.lock().unwrap().clone();
        if let Some(pool) = pool {
            let _ = (pool.stats(), pool.workers());
            assert_eq!(pool.call(&SQUARE, &4), Ok(16));
            count.fetch_add(1, Ordering::SeqCst);
        }
    };
    let pool = builder().workers(2).retries(0).observer(observer).build().unwrap();
    *shared.lock().unwrap() = Some(pool.clone());
    for _ in 0..10 {
        assert!(pool.call(&EXIT, &1).is_err());
        assert_eq!(pool.map(&SQUARE, 0..10).len(), 10);
    }
    *shared.lock().unwrap() = None;
    assert!(told.load(Ordering::SeqCst) >= 10, "each death was told");
}
