//! Stub for non-Unix targets: values and tasks exist, pools cannot be built. What is missing is in the crate's
//! documentation.
#![cfg_attr(unix, allow(dead_code, reason = "there only the tests compile it"))]

use std::borrow::Borrow;
use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::wire::Value;
use crate::{Builder, Error, Failure, Shutdown, Stats, Stint, Task, Unfinished};

/// Cannot be constructed.
#[derive(Clone, Debug)]
pub enum Pool {}

impl Pool {
    /// The options of a pool.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn start(_: Builder) -> Result<Pool, Error> {
        Err(Error::Unsupported)
    }

    /// The pids of the living workers.
    #[must_use]
    pub fn workers(&self) -> Vec<u32> {
        match *self {}
    }

    /// The recorded runs.
    #[must_use]
    pub fn history(&self) -> Vec<Stint> {
        match *self {}
    }

    /// What the pool has done so far, and does now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        match *self {}
    }

    /// Bytes that all workers can read.
    pub fn bytes(&self, _: usize, _: impl FnOnce(&mut [u8])) -> Bytes {
        match *self {}
    }

    /// A task with options of its own.
    pub fn prepare<A, R>(&self, _: &Task<A, R>) -> Prepared<A, R> {
        match *self {}
    }

    /// Runs the task once.
    pub fn call<A: Serialize, R: Value + Send + 'static>(&self, _: &Task<A, R>, _: &A) -> Result<R, Failure> {
        match *self {}
    }

    /// Has the task run once.
    pub fn submit<A: Serialize, R: Value + Send + 'static>(&self, _: &Task<A, R>, _: &A) -> Handle<R> {
        match *self {}
    }

    /// Runs the task for every argument.
    pub fn map<A, R, I>(&self, _: &Task<A, R>, _: I) -> Vec<Result<R, Failure>>
    where
        A: Serialize,
        R: Value + Send + 'static,
        I: IntoIterator<Item: Borrow<A>>,
    {
        match *self {}
    }

    /// Runs the task for every argument, and yields the results as they come.
    pub fn imap_unordered<A, R, I>(&self, _: &Task<A, R>, _: I) -> Unordered<R>
    where
        A: Serialize + 'static,
        R: Value + Send + 'static,
        I: IntoIterator<Item: Borrow<A>, IntoIter: Send + 'static>,
    {
        match *self {}
    }

    /// Runs the task for every argument, and yields the results in order.
    pub fn imap<A, R, I>(&self, _: &Task<A, R>, _: I) -> Ordered<R>
    where
        A: Serialize + 'static,
        R: Value + Send + 'static,
        I: IntoIterator<Item: Borrow<A>, IntoIter: Send + 'static>,
    {
        match *self {}
    }

    /// Waits for the tasks, and ends the workers.
    pub fn shutdown(&self, _: Shutdown, _: Option<Duration>) -> Result<(), Unfinished> {
        match *self {}
    }
}

/// A task with options of its own. Cannot be constructed.
#[derive(Clone, Debug)]
pub struct Prepared<A, R> {
    pool: Pool,
    of: PhantomData<fn(A) -> R>,
}

impl<A, R> Prepared<A, R> {
    /// The time limit for one run.
    #[must_use]
    pub fn timeout(self, _: Duration) -> Prepared<A, R> {
        match self.pool {}
    }

    /// How often a run is repeated.
    #[must_use]
    pub fn retries(self, _: u32) -> Prepared<A, R> {
        match self.pool {}
    }

    /// How many bytes a run may allocate.
    #[must_use]
    pub fn memory(self, _: u64) -> Prepared<A, R> {
        match self.pool {}
    }

    /// What failures of these tasks are called.
    #[must_use]
    pub fn label(self, _: impl Into<Arc<str>>) -> Prepared<A, R> {
        match self.pool {}
    }

    /// Runs that are repeated wait until all new tasks have been sent.
    #[must_use]
    pub fn retries_last(self) -> Prepared<A, R> {
        match self.pool {}
    }

    /// How many tasks an `imap` may be ahead.
    #[must_use]
    pub fn ahead(self, _: usize) -> Prepared<A, R> {
        match self.pool {}
    }
}

impl<A: Serialize, R: Value + Send + 'static> Prepared<A, R> {
    /// See [`Pool::call`].
    pub fn call(&self, _: &A) -> Result<R, Failure> {
        match self.pool {}
    }

    /// See [`Pool::submit`].
    pub fn submit(&self, _: &A) -> Handle<R> {
        match self.pool {}
    }

    /// See [`Pool::map`].
    pub fn map<I: IntoIterator<Item: Borrow<A>>>(&self, _: I) -> Vec<Result<R, Failure>> {
        match self.pool {}
    }

    /// See [`Pool::imap_unordered`].
    pub fn imap_unordered<I>(&self, _: I) -> Unordered<R>
    where
        A: 'static,
        I: IntoIterator<Item: Borrow<A>, IntoIter: Send + 'static>,
    {
        match self.pool {}
    }

    /// See [`Pool::imap`].
    pub fn imap<I>(&self, _: I) -> Ordered<R>
    where
        A: 'static,
        I: IntoIterator<Item: Borrow<A>, IntoIter: Send + 'static>,
    {
        match self.pool {}
    }
}

/// A submitted task. Cannot be constructed.
#[derive(Debug)]
#[must_use = "the outcome of a task may be a failure"]
pub struct Handle<R> {
    never: Infallible,
    of: PhantomData<fn() -> R>,
}

impl<R: Value + Send + 'static> Handle<R> {
    /// Waits for the outcome.
    pub fn wait(self) -> Result<R, Failure> {
        match self.never {}
    }

    /// Waits for the outcome, at most so long.
    pub fn wait_timeout(&mut self, _: Duration) -> Option<Result<R, Failure>> {
        match self.never {}
    }

    /// The outcome, if it has come and was not taken.
    pub fn try_wait(&mut self) -> Option<Result<R, Failure>> {
        match self.never {}
    }

    /// Whether the task has ended.
    #[must_use]
    pub fn is_done(&self) -> bool {
        match self.never {}
    }

    /// Cancels the task if it has not begun.
    pub fn cancel(&self) -> bool {
        match self.never {}
    }

    /// The same; and if it runs, its worker is killed.
    pub fn kill(&self) -> bool {
        match self.never {}
    }

    /// Has a function called with the outcome.
    pub fn then(self, _: impl FnOnce(Result<R, Failure>) + Send + 'static) {
        match self.never {}
    }
}

impl<R: Value + Send + 'static> Future for Handle<R> {
    type Output = Result<R, Failure>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        match self.never {}
    }
}

/// Handles in the order in which their tasks end: always empty.
#[derive(Debug)]
pub struct Completed<R>(PhantomData<fn() -> R>);

impl<R> Default for Completed<R> {
    fn default() -> Completed<R> {
        Completed(PhantomData)
    }
}

impl<R: Value + Send + 'static> Completed<R> {
    /// None.
    #[must_use]
    pub fn new() -> Completed<R> {
        Completed::default()
    }

    /// Adds a handle.
    pub fn push(&mut self, handle: Handle<R>) -> u64 {
        match handle.never {}
    }

    /// How many outcomes were not given yet.
    #[must_use]
    pub fn len(&self) -> usize {
        0
    }

    /// Whether all were given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        true
    }

    /// The handles whose outcomes were not given yet, with their numbers.
    pub fn handles(&self) -> impl Iterator<Item = (u64, &Handle<R>)> {
        std::iter::empty()
    }
}

impl<R: Value + Send + 'static> Iterator for Completed<R> {
    type Item = (u64, Result<R, Failure>);

    fn next(&mut self) -> Option<Self::Item> {
        None
    }
}

impl<R: Value + Send + 'static> FromIterator<Handle<R>> for Completed<R> {
    fn from_iter<I: IntoIterator<Item = Handle<R>>>(handles: I) -> Completed<R> {
        let mut completed = Completed::new();
        handles.into_iter().for_each(|handle| _ = completed.push(handle));
        completed
    }
}

/// The results of [`Pool::imap_unordered`]. Cannot be constructed.
#[derive(Debug)]
pub struct Unordered<R> {
    never: Infallible,
    of: PhantomData<fn() -> R>,
}

impl<R: Value + Send + 'static> Iterator for Unordered<R> {
    type Item = (usize, Result<R, Failure>);

    fn next(&mut self) -> Option<Self::Item> {
        match self.never {}
    }
}

/// The results of [`Pool::imap`]. Cannot be constructed.
#[derive(Debug)]
pub struct Ordered<R> {
    never: Infallible,
    of: PhantomData<fn() -> R>,
}

impl<R: Value + Send + 'static> Iterator for Ordered<R> {
    type Item = Result<R, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.never {}
    }
}

/// Bytes that can be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bytes(Vec<u8>);

impl Bytes {
    /// `len` bytes that `fill` writes.
    pub fn with(len: usize, fill: impl FnOnce(&mut [u8])) -> Bytes {
        let mut bytes = vec![0; len];
        fill(&mut bytes);
        Bytes(bytes)
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Bytes {
        Bytes(bytes)
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(all(test, unix))]
mod tests {
    /// One use of the whole API, compiled with the pool of Unix and with the stub.
    macro_rules! uses {
        ($of:ident) => {
            #[allow(unused_variables, reason = "nothing can follow from a pool that cannot exist")]
            mod $of {
                use std::sync::Arc;
                use std::time::Duration;

                use crate::$of::{Bytes, Completed, Handle, Ordered, Pool, Prepared, Unordered};
                use crate::{Builder, Failure, Shutdown, Stats, Stint, Task, Unfinished};

                type Outcome = Result<u64, Failure>;

                async fn uses(pool: &Pool, task: &Task<u64, u64>, wait: Duration) {
                    let _: fn() -> Builder = Pool::builder;
                    let _: (Pool, Vec<u32>, Vec<Stint>, Stats) =
                        (pool.clone(), pool.workers(), pool.history(), pool.stats());
                    let bytes: Bytes = pool.bytes(1, |bytes| bytes[0] = 1);
                    let _: (&[u8], bool) = (&bytes, Bytes::from(vec![1]) == Bytes::with(1, |_| ()));
                    let _: (Outcome, Vec<Outcome>, Vec<Outcome>) =
                        (pool.call(task, &1), pool.map(task, [1]), pool.map(task, &[1]));
                    let _: (Unordered<u64>, Ordered<u64>) = (pool.imap_unordered(task, 0..9), pool.imap(task, vec![1]));
                    let _: Vec<(usize, Outcome)> = pool.imap_unordered(task, 0..9).collect();
                    let _: Vec<Outcome> = pool.imap(task, 0..9).collect();
                    let _: Result<(), Unfinished> = pool.shutdown(Shutdown::Finish, Some(wait));

                    let prepared: Prepared<u64, u64> =
                        pool.prepare(task).timeout(wait).retries(0).memory(1).retries_last();
                    let prepared = prepared.clone().label("a").label(String::new()).label(Arc::from("b")).ahead(1);
                    let _: (Outcome, Vec<Outcome>) = (prepared.call(&1), prepared.map([1]));
                    let _: (Unordered<u64>, Ordered<u64>) = (prepared.imap_unordered([1]), prepared.imap(0..2));

                    let mut handle: Handle<u64> = prepared.submit(&1);
                    let _: (Option<Outcome>, Option<Outcome>) = (handle.try_wait(), handle.wait_timeout(wait));
                    let _: (bool, bool, bool) = (handle.is_done(), handle.cancel(), handle.kill());
                    let _: Outcome = (&mut handle).await;
                    handle.then(|outcome: Outcome| drop(outcome));
                    let _: Outcome = pool.submit(task, &1).wait();

                    let mut completed: Completed<u64> = [pool.submit(task, &1)].into_iter().collect();
                    let _: (u64, usize, bool) =
                        (completed.push(pool.submit(task, &1)), completed.len(), completed.is_empty());
                    completed.handles().for_each(|(_, handle)| _ = handle.kill());
                    let _: Option<(u64, Outcome)> = completed.next();
                    let _: [Completed<u64>; 2] = [Completed::new(), Completed::default()];
                    println!("{pool:?} {prepared:?} {completed:?} {bytes:?}");
                }

                fn is_shared_by_threads<T: Clone + Send + Sync>() {}
                fn is_sent<T: Send>() {}

                #[test]
                fn is_what_users_write() {
                    _ = uses;
                    is_shared_by_threads::<Pool>();
                    is_shared_by_threads::<Prepared<u64, u64>>();
                    is_shared_by_threads::<Bytes>();
                    is_sent::<Handle<u64>>();
                    is_sent::<Completed<u64>>();
                    is_sent::<Unordered<u64>>();
                    is_sent::<Ordered<u64>>();
                }
            }
        };
    }

    uses!(unix);
    uses!(unsupported);

    #[test]
    fn no_function_of_the_pool_is_missing() {
        let stub = include_str!("unsupported.rs").split("mod tests").next().unwrap();
        let mut seen = 0;
        for source in [
            include_str!("unix/pool.rs"),
            include_str!("unix/prepared.rs"),
            include_str!("unix/handle.rs"),
            include_str!("unix/completed.rs"),
            include_str!("unix/bytes.rs"),
        ] {
            for function in source.split("\n    pub fn ").skip(1) {
                let name = function.split(['(', '<']).next().unwrap();
                assert!(
                    stub.contains(&format!(" pub fn {name}(")) || stub.contains(&format!(" pub fn {name}<")),
                    "{name}"
                );
                seen += 1;
            }
        }
        assert!(seen > 30, "{seen}");
    }
}
