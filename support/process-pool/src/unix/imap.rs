//! A call whose results are taken one by one.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;

use serde::Serialize;

use crate::Failure;
use crate::unix::arguments::{self, Direct, Panic, Pull, Turn, never_waits};
use crate::unix::call::{Call, DropCall};
use crate::unix::driver::Iterating;
use crate::unix::refill::Refill;
use crate::unix::results::Outcome;
use crate::unix::sync::lock;
use crate::wire::Value;

/// The results of [`Pool::imap_unordered`](crate::Pool::imap_unordered), as they come. Dropping it early kills the workers
/// that run tasks of it, and drops the others.
pub struct Unordered<R: Value + Send + 'static>(Source<R>);

enum Source<R: Value + Send + 'static> {
    Running(Box<Running<R>>),
    /// Nothing can be run at all: the failure of each argument.
    Refused(Box<dyn Iterator<Item = (usize, Failure)> + Send>),
}

struct Running<R: Value + Send + 'static> {
    call: DropCall<R>,
    arguments: Arguments<R>,
    /// The panic of the iterator, if that ended it.
    panic: Arc<Panic>,
    _iterator: Iterating,
}

/// Who pulls the arguments of an iterator of results.
enum Arguments<R> {
    /// A thread of their own, as they may have to be waited for.
    Fed,
    /// Whoever leads, as they are there.
    Stored(Arc<dyn Refill>),
    /// Only the consumer of the results: they may have to be waited for, and the system grants no thread.
    Own(Box<dyn Pull<R> + Send>),
}

impl<R: Value + Send + 'static> Unordered<R> {
    pub(in crate::unix) fn refused<I: Iterator + Send + 'static>(arguments: I, failure: Failure) -> Unordered<R> {
        Unordered(Source::Refused(Box::new(arguments.map(move |_| failure.clone()).enumerate())))
    }

    pub(in crate::unix) fn new<A, I>(call: Call<R>, arguments: I) -> Unordered<R>
    where
        A: Serialize + 'static,
        I: Iterator<Item: Borrow<A>> + Send + 'static,
    {
        let panic = Arc::default();
        let iterator = Iterating::begin(&call.shared);
        let arguments = if never_waits::<I>() {
            Arguments::Stored(arguments::store::<A, I, R>(&call, arguments, &panic))
        } else {
            match arguments::feed(&call, arguments, &panic) {
                Ok(()) => Arguments::Fed,
                Err(taken_back) => Arguments::Own(Box::new(Direct::<A, I>::new(taken_back))),
            }
        };
        let call = DropCall { call, is_open: true };
        Unordered(Source::Running(Box::new(Running { call, arguments, panic, _iterator: iterator })))
    }

    /// The next result, with its index and size.
    fn next_sized(&mut self) -> Option<(usize, Outcome<R>, usize)> {
        let Running { call: DropCall { call, is_open }, arguments, panic, .. } = match &mut self.0 {
            Source::Running(running) => &mut **running,
            Source::Refused(failures) => return failures.next().map(|(index, failure)| (index, Err(failure), 0)),
        };
        if call.shared.is_of_another_process() {
            return None;
        }
        loop {
            if let Arguments::Own(direct) = arguments
                && direct.wants(call)
            {
                direct.pull(call);
            }
            let (next, more) = call.many.take();
            if next.is_some() {
                return next;
            }
            if call.shared.is_of_another_process() {
                // What a forked process has of it is all that it gets.
                return None;
            }
            if !more {
                *is_open = false;
                // After the results of all arguments before it, the panic of the iterator continues where it is used.
                if let Some(panic) = lock(panic).take() {
                    resume_unwind(panic);
                }
                return None;
            }
            match arguments {
                Arguments::Own(direct) => call.shared.wait(&Turn(&*call.many, || direct.wants(call)), None),
                Arguments::Fed => call.shared.wait(&*call.many, None),
                Arguments::Stored(stored) => {
                    // Whoever leads may sleep, and not know that there are some.
                    stored.refill();
                    call.shared.wait(&*call.many, None)
                }
            };
        }
    }

    /// A result of this size was used: there is room for another one.
    fn used(&self, size: usize) {
        let Source::Running(running) = &self.0 else { return };
        let Call { shared, many, .. } = &running.call.call;
        let mut are_new = many.source.used(size);
        if let Arguments::Stored(stored) = &running.arguments
            && stored.take_held()
        {
            stored.refill();
            are_new = true;
        }
        if are_new {
            shared.nudge();
        }
    }
}

impl<R: Value + Send + 'static> Iterator for Unordered<R> {
    type Item = (usize, Outcome<R>);

    fn next(&mut self) -> Option<(usize, Outcome<R>)> {
        let (index, outcome, size) = self.next_sized()?;
        self.used(size);
        Some((index, outcome))
    }
}

impl<R: Value + Send + 'static> fmt::Debug for Unordered<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unordered").finish_non_exhaustive()
    }
}

/// The results of [`Pool::imap`](crate::Pool::imap), in the order of the arguments. Those that come too early are kept, and
/// count as ahead. Dropping it early kills the workers that run tasks of it, and drops the others.
pub struct Ordered<R: Value + Send + 'static> {
    unordered: Unordered<R>,
    early: BTreeMap<usize, (Outcome<R>, usize)>,
    next: usize,
}

impl<R: Value + Send + 'static> Ordered<R> {
    pub(in crate::unix) fn new(unordered: Unordered<R>) -> Ordered<R> {
        Ordered { unordered, early: BTreeMap::new(), next: 0 }
    }
}

impl<R: Value + Send + 'static> Iterator for Ordered<R> {
    type Item = Outcome<R>;

    fn next(&mut self) -> Option<Outcome<R>> {
        loop {
            if let Some((outcome, size)) = self.early.remove(&self.next) {
                self.unordered.used(size);
                self.next += 1;
                return Some(outcome);
            }
            let (index, outcome, size) = self.unordered.next_sized()?;
            self.early.insert(index, (outcome, size));
        }
    }
}

impl<R: Value + Send + 'static> fmt::Debug for Ordered<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ordered").field("next", &self.next).finish_non_exhaustive()
    }
}
