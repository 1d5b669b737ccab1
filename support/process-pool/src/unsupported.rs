//! Stub for non-Unix targets: values and tasks exist, pools cannot be built. What is missing is in the crate's
//! documentation.

use std::borrow::Borrow;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::wire::Value;
use crate::{Builder, Error, Failure, Stint, Task};

/// Cannot be constructed.
#[derive(Debug)]
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
    pub fn history(&self) -> &[Stint] {
        match *self {}
    }

    /// Bytes that all workers can read.
    pub fn bytes(&self, _: usize, _: impl FnOnce(&mut [u8])) -> Bytes {
        match *self {}
    }

    /// Runs the task once.
    pub fn call<A: Serialize, R: Value>(&mut self, _: &Task<A, R>, _: &A) -> Result<R, Failure> {
        match *self {}
    }

    /// Runs the task for every argument.
    pub fn map<A, R, I>(&mut self, _: &Task<A, R>, _: I) -> Vec<Result<R, Failure>>
    where
        A: Serialize,
        R: Value + Send,
        I: IntoIterator<Item: Borrow<A>>,
    {
        match *self {}
    }

    /// Runs the task for every argument, and yields the results as they come.
    pub fn imap_unordered<A, R, I>(&mut self, _: &Task<A, R>, arguments: I) -> Unordered<'_, R>
    where
        A: Serialize,
        R: Value,
        I: IntoIterator<Item: Borrow<A>, IntoIter: Send + 'static>,
    {
        drop(arguments);
        Unordered { pool: self, _results: Vec::new() }
    }
}

/// The results of [`Pool::imap_unordered`].
#[derive(Debug)]
pub struct Unordered<'p, R> {
    pool: &'p mut Pool,
    _results: Vec<R>,
}

impl<R> Unordered<'_, R> {
    /// The pool that runs the tasks.
    pub fn pool(&self) -> &Pool {
        self.pool
    }
}

impl<R> Iterator for Unordered<'_, R> {
    type Item = (usize, Result<R, Failure>);

    fn next(&mut self) -> Option<Self::Item> {
        match *self.pool {}
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
