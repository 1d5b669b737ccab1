//! Handles as futures: of any executor, and without a thread for each.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use process_pool::Failure;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::alone;
use crate::basics::pool;
use crate::common::{can_look, threads, until};
use crate::gate::Gate;
use crate::tasks::{GATE, SLEEP, SQUARE};

crate::tests![
    tokio_awaits_many_in_one_thread,
    tokio_awaits_many_in_several_threads,
    smol_awaits_many,
    a_bare_executor_awaits_many,
    the_latest_waker_is_woken,
    a_future_that_is_dropped_leaves_its_task_alone,
    a_future_of_a_cancelled_task_ends,
    an_outcome_that_was_taken_is_not_awaited,
    awaiting_takes_no_thread_for_each,
    without_threads_a_future_ends_too,
];

fn tokio_awaits_many_in_one_thread() {
    let pool = pool(2);
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        let tasks: Vec<_> = (0..1000).map(|n| (n, tokio::spawn(pool.submit(&SQUARE, &n)))).collect();
        for (n, task) in tasks.into_iter().rev() {
            assert_eq!(task.await.unwrap(), Ok(n * n));
        }
    });
}

fn tokio_awaits_many_in_several_threads() {
    let pool = pool(2);
    tokio::runtime::Builder::new_multi_thread().worker_threads(3).build().unwrap().block_on(async {
        let task = |n: u64| {
            let pool = pool.clone();
            // Submitted from the threads of the runtime, too.
            tokio::spawn(async move { pool.submit(&SQUARE, &pool.submit(&SQUARE, &n).await.unwrap()).await })
        };
        let tasks: Vec<_> = (0..500).map(|n| (n, task(n))).collect();
        for (n, task) in tasks {
            assert_eq!(task.await.unwrap(), Ok(n.pow(4)));
        }
    });
}

fn smol_awaits_many() {
    let pool = pool(2);
    let executor = smol::LocalExecutor::new();
    let tasks: Vec<_> = (0..500).map(|n| (n, executor.spawn(pool.submit(&SQUARE, &n)))).collect();
    smol::block_on(executor.run(async {
        for (n, task) in tasks {
            assert_eq!(task.await, Ok(n * n));
        }
    }));
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls a future in this thread until it is ready.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

fn a_bare_executor_awaits_many() {
    let (pool, gate) = (pool(1), Gate::new("bare"));
    let (running, pid) = gate.enter(&pool);
    let handles: Vec<_> = (0..300).map(|n| (n, pool.submit(&SQUARE, &n))).collect();
    thread::scope(|scope| {
        // All of them wait before there is any result.
        let waiting = scope.spawn(|| {
            for (n, handle) in handles {
                assert_eq!(block_on(handle), Ok(n * n));
            }
        });
        thread::sleep(Duration::from_millis(20));
        gate.open();
        waiting.join().unwrap();
    });
    assert_eq!(block_on(running), Ok(pid));
}

struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// An executor may move a future to another task: then the old waker is of no use.
fn the_latest_waker_is_woken() {
    let (pool, gate) = (pool(1), Gate::new("wakers"));
    let (mut handle, pid) = gate.enter(&pool);
    let counts = [(); 2].map(|()| Arc::new(Count(AtomicUsize::new(0))));
    for count in &counts {
        let waker = Waker::from(Arc::clone(count));
        assert!(Pin::new(&mut handle).poll(&mut Context::from_waker(&waker)).is_pending());
    }
    gate.open();
    until("it is woken", || (counts[1].0.load(Ordering::SeqCst) > 0).then_some(()));
    let woken = counts.map(|count| count.0.load(Ordering::SeqCst));
    assert_eq!(woken, [0, 1]);
    assert_eq!(handle.wait(), Ok(pid));
}

fn a_future_that_is_dropped_leaves_its_task_alone() {
    let (pool, gate) = (pool(1), Gate::new("time-out"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let late = tokio::time::timeout(Duration::from_millis(20), gate.submit(&pool)).await;
        assert!(late.is_err(), "its task waits at the gate");
        // `select!` of two: the other is dropped.
        let behind = pool.submit(&GATE, &gate.passes());
        tokio::select! {
            _ = behind => panic!("it waits behind the first"),
            () = tokio::time::sleep(Duration::from_millis(20)) => {}
        }
        gate.open();
        assert_eq!(pool.submit(&SQUARE, &3).await, Ok(9));
    });
    until("both have ended", || (pool.stats().done == 3).then_some(()));
    assert_eq!((gate.begun(), pool.stats().cancelled), (2, 0));
}

fn a_future_of_a_cancelled_task_ends() {
    let (pool, gate) = (pool(1), Gate::new("ends"));
    let (mut running, _) = gate.enter(&pool);
    let mut queued = pool.submit(&SQUARE, &1);
    let count = Arc::new(Count(AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&count));
    assert!(Pin::new(&mut running).poll(&mut Context::from_waker(&waker)).is_pending());
    assert!(Pin::new(&mut queued).poll(&mut Context::from_waker(&waker)).is_pending());
    assert!(queued.cancel());
    assert_eq!(count.0.load(Ordering::SeqCst), 1, "by whoever cancels");
    assert!(running.kill());
    until("it is woken", || (count.0.load(Ordering::SeqCst) == 2).then_some(()));
    assert_eq!((block_on(queued), block_on(running)), (Err(Failure::Cancelled), Err(Failure::Cancelled)));
}

fn an_outcome_that_was_taken_is_not_awaited() {
    let pool = pool(1);
    let mut handle = pool.submit(&SQUARE, &3);
    assert_eq!(block_on(&mut handle), Ok(9));
    assert_eq!(block_on(&mut handle), Err(Failure::Cancelled));
    assert_eq!(block_on(pool.submit(&crate::tasks::STRANGER, &1)), Err(Failure::Unknown("stranger")));
}

fn awaiting_takes_no_thread_for_each() {
    if can_look() {
        alone("few-threads");
    }
}

/// In a process of its own, as other tests have threads.
pub fn few_threads() {
    let before = threads();
    let pool = pool(2);
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        let tasks: Vec<_> = (0..500).map(|_| tokio::spawn(pool.submit(&SLEEP, &1))).collect();
        let mut most = 0;
        for task in tasks {
            assert_eq!(task.await.unwrap(), Ok(1));
            most = most.max(threads());
        }
        assert!((before..=before + 1).contains(&most), "the pool's own, and no other: {most}");
    });
}

fn without_threads_a_future_ends_too() {
    if can_look() {
        alone("awaited-without-threads");
    }
}

pub fn awaited_without_threads() {
    // The limit does not hold for root.
    if !crate::tasks::become_nobody() {
        return println!("not measured: this test needs to be another user");
    }
    let pool = pool(1);
    assert_eq!(pool.call(&SQUARE, &3), Ok(9));
    let limit = getrlimit(Resource::Nproc);
    setrlimit(Resource::Nproc, Rlimit { current: Some(1), ..limit }).unwrap();
    assert!(thread::Builder::new().spawn(|| ()).is_err(), "no thread can be had");
    let handles: Vec<_> = (0..100).map(|n| (n, pool.submit(&SQUARE, &n))).collect();
    for (n, handle) in handles {
        assert_eq!(block_on(handle), Ok(n * n));
    }
    // Nor do other ways to wait need one.
    let mut handle = pool.submit(&SQUARE, &4);
    assert_eq!(until("it is there", || handle.try_wait()), Ok(16));
    let completed: process_pool::Completed<u64> = (0..100).map(|n| pool.submit(&SQUARE, &n)).collect();
    assert_eq!(completed.filter(|(n, square)| *square == Ok(n * n)).count(), 100);
}
