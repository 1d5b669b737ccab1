//! Where the engine gets its tasks from, and where the results go: one argument of a call, or the arguments that a feed
//! brings.

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use serde::Serialize;

use crate::Failure;
use crate::unix::batch::Batch;
use crate::unix::feed::Feed;
use crate::unix::shm::Arena;
use crate::unix::transfer::{TransferContext, TransferScope};
use crate::wire::{self, Value};

pub(super) type Outcome<R> = Result<R, Failure>;

/// What a source has given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supply {
    /// As many tasks as were asked for; maybe there are more.
    Full,
    /// All that there are now.
    NotYet,
    /// All that there will ever be.
    Over,
}

/// The typed side of a call: yields encoded arguments and takes results.
pub trait JobSource {
    /// Moves up to `most` tasks into the batch.
    fn take(&mut self, most: usize, batch: &mut Batch) -> Supply;
    /// An upper bound on the remaining arguments, if known.
    fn at_most(&self) -> Option<usize>;
    /// Takes the outcome of a task: its encoded value, or a failure.
    fn done(&mut self, index: usize, value: Result<&[u8], Failure>);
    /// What is readable when arguments have come, if they do not come at once; `None` if there are some now.
    fn bell(&self) -> Option<BorrowedFd<'_>> {
        None
    }
    /// Whether nobody wants the results any more.
    fn is_given_up(&self) -> bool {
        false
    }
}

fn read<R: Value>(value: Result<&[u8], Failure>) -> Outcome<R> {
    wire::decode(value?).map_err(Failure::Unreadable)
}

/// One argument, one outcome.
pub(super) struct One<'a, A, R> {
    pub(super) argument: Option<&'a A>,
    pub(super) arena: Arc<Arena>,
    pub(super) outcome: Option<Outcome<R>>,
}

impl<A: Serialize, R: Value> JobSource for One<'_, A, R> {
    fn take(&mut self, _: usize, batch: &mut Batch) -> Supply {
        if let Some(argument) = self.argument.take() {
            let transfer = TransferScope::new(TransferContext::encode(&self.arena));
            if let Err(why) = batch.encode(0, &self.arena, &transfer, |out| wire::encode(argument, out)) {
                self.outcome = Some(Err(Failure::Unreadable(why)));
            }
        }
        Supply::Over
    }

    fn at_most(&self) -> Option<usize> {
        Some(usize::from(self.argument.is_some()))
    }

    fn done(&mut self, _: usize, value: Result<&[u8], Failure>) {
        self.outcome = Some(read(value));
    }
}

/// The arguments of a feed; the results are in their order.
pub(super) struct Sorted<'f, R> {
    pub(super) feed: &'f Feed,
    /// Holds `unknown` until the task has ended.
    pub(super) outcomes: Vec<Outcome<R>>,
    pub(super) unknown: Failure,
}

impl<R: Value> JobSource for Sorted<'_, R> {
    fn take(&mut self, most: usize, batch: &mut Batch) -> Supply {
        let (supply, refused) = self.feed.take(most, batch);
        for (index, why) in refused {
            self.done(index, Err(Failure::Unreadable(why)));
        }
        supply
    }

    fn at_most(&self) -> Option<usize> {
        self.feed.at_most()
    }

    fn done(&mut self, index: usize, value: Result<&[u8], Failure>) {
        if self.outcomes.len() <= index {
            self.outcomes.resize_with(index + 1, || Err(self.unknown.clone()));
        }
        self.outcomes[index] = read(value);
    }

    fn bell(&self) -> Option<BorrowedFd<'_>> {
        self.feed.bell()
    }

    fn is_given_up(&self) -> bool {
        self.feed.is_stopped()
    }
}

/// The arguments of a feed, and the results that were not taken yet.
pub(super) struct Unsorted<R> {
    pub(super) feed: Arc<Feed>,
    pub(super) outcomes: VecDeque<(usize, Outcome<R>)>,
}

impl<R: Value> JobSource for Unsorted<R> {
    fn take(&mut self, most: usize, batch: &mut Batch) -> Supply {
        let (supply, refused) = self.feed.take(most, batch);
        let refused = refused.into_iter().map(|(index, why)| (index, Err(Failure::Unreadable(why))));
        self.outcomes.extend(refused);
        supply
    }

    fn at_most(&self) -> Option<usize> {
        self.feed.at_most()
    }

    fn done(&mut self, index: usize, value: Result<&[u8], Failure>) {
        self.outcomes.push_back((index, read(value)));
    }

    fn bell(&self) -> Option<BorrowedFd<'_>> {
        self.feed.bell()
    }
}
