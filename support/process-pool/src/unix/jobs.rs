//! Where the engine gets its tasks from, and where the results go: one argument of a call, or the arguments that a
//! supplier has.

use std::any::{Any, type_name};
use std::collections::VecDeque;
use std::iter::RepeatN;
use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::{array, slice, vec};

use serde::Serialize;

use crate::Failure;
use crate::limits::BATCH_BYTES;
use crate::unix::batch::Batch;
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

/// Where the arguments of a call come from.
pub trait Supplier {
    /// Moves up to `most` tasks into the batch. Also returns the arguments that cannot be sent, with the reasons.
    fn take(&mut self, most: usize, batch: &mut Batch) -> (Supply, Vec<(usize, String)>);
    /// An upper bound on what is left to be taken, if known.
    fn at_most(&self) -> Option<usize>;
    /// What becomes readable with the next argument; `None` if there is something to take.
    fn bell(&self) -> Option<BorrowedFd<'_>>;
    /// Whether nobody wants the results any more.
    fn is_stopped(&self) -> bool;
    /// The panic of the iterator, if that ended it.
    fn take_panic(&self) -> Option<Box<dyn Any + Send>>;
    /// Nobody wants the results any more.
    fn stop(&self);
}

/// The results are in the order of the arguments.
pub(super) struct Sorted<S, R> {
    pub(super) supplier: S,
    /// Holds `unknown` until the task has ended.
    pub(super) outcomes: Vec<Outcome<R>>,
    pub(super) unknown: Failure,
}

impl<S: Supplier, R: Value> JobSource for Sorted<S, R> {
    fn take(&mut self, most: usize, batch: &mut Batch) -> Supply {
        let (supply, refused) = self.supplier.take(most, batch);
        for (index, why) in refused {
            self.done(index, Err(Failure::Unreadable(why)));
        }
        supply
    }

    fn at_most(&self) -> Option<usize> {
        self.supplier.at_most()
    }

    fn done(&mut self, index: usize, value: Result<&[u8], Failure>) {
        if self.outcomes.len() <= index {
            self.outcomes.resize_with(index + 1, || Err(self.unknown.clone()));
        }
        self.outcomes[index] = read(value);
    }

    fn bell(&self) -> Option<BorrowedFd<'_>> {
        self.supplier.bell()
    }

    fn is_given_up(&self) -> bool {
        self.supplier.is_stopped()
    }
}

/// The results that were not taken yet, as they came.
pub(super) struct Unsorted<R> {
    pub(super) supplier: Box<dyn Supplier + Send>,
    pub(super) outcomes: VecDeque<(usize, Outcome<R>)>,
}

impl<R: Value> JobSource for Unsorted<R> {
    fn take(&mut self, most: usize, batch: &mut Batch) -> Supply {
        let (supply, refused) = self.supplier.take(most, batch);
        let refused = refused.into_iter().map(|(index, why)| (index, Err(Failure::Unreadable(why))));
        self.outcomes.extend(refused);
        supply
    }

    fn at_most(&self) -> Option<usize> {
        self.supplier.at_most()
    }

    fn done(&mut self, index: usize, value: Result<&[u8], Failure>) {
        self.outcomes.push_back((index, read(value)));
    }

    fn bell(&self) -> Option<BorrowedFd<'_>> {
        self.supplier.bell()
    }
}

/// Encodes an argument.
pub(super) type Encode<T> = fn(&T, &mut Vec<u8>) -> Result<(), String>;

/// Whether an iterator of this type never waits, as it walks through memory. For tiny tasks it is quicker then if one thread
/// both pulls arguments and sends them. Types that are not known here are right as well, only slower; only the name of a
/// type can tell, as `TypeId` is for types that borrow nothing.
pub(super) fn never_waits<I>() -> bool {
    [
        generic::<Range<()>>(),
        generic::<vec::IntoIter<()>>(),
        generic::<slice::Iter<'_, ()>>(),
        generic::<array::IntoIter<(), 0>>(),
        generic::<RepeatN<()>>(),
    ]
    .contains(&generic::<I>())
}

/// The name of a type without its parameters.
fn generic<T>() -> &'static str {
    let name = type_name::<T>();
    name.split_once('<').map_or(name, |(generic, _)| generic)
}

/// Arguments that are pulled by the thread that supervises: if they never wait, or the system grants no other thread.
pub(super) struct Direct<I: Iterator> {
    pub(super) arguments: I,
    pub(super) encode: Encode<I::Item>,
    pub(super) arena: Arc<Arena>,
    /// The index of the next argument.
    pub(super) next: usize,
}

impl<I: Iterator> Supplier for Direct<I> {
    fn take(&mut self, most: usize, batch: &mut Batch) -> (Supply, Vec<(usize, String)>) {
        let mut refused = Vec::new();
        let transfer = TransferScope::new(TransferContext::encode(&self.arena));
        while batch.entries.len() < most && batch.arguments.len() < BATCH_BYTES {
            let Some(argument) = self.arguments.next() else { return (Supply::Over, refused) };
            let encoded = batch.encode(self.next, &self.arena, &transfer, |out| (self.encode)(&argument, out));
            refused.extend(encoded.err().map(|why| (self.next, why)));
            self.next += 1;
        }
        (Supply::Full, refused)
    }

    fn at_most(&self) -> Option<usize> {
        self.arguments.size_hint().1
    }

    fn bell(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn is_stopped(&self) -> bool {
        false
    }

    fn take_panic(&self) -> Option<Box<dyn Any + Send>> {
        None
    }

    fn stop(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walks<I: Iterator>(_: I) -> bool {
        never_waits::<I>()
    }

    #[test]
    fn walks_through_memory_are_known_and_nothing_else_is() {
        assert!(walks(0..3u64) && walks(vec!["a"].into_iter()) && walks([1.5].iter()) && walks([(1, 2)].into_iter()));
        assert!(walks(std::iter::repeat_n(Some(1), 2)));
        let (_sender, source) = std::sync::mpsc::channel::<Range<u64>>();
        assert!(!walks((0..3).map(|n| n + 1)) && !walks(source.iter()) && !walks(source.into_iter()));
        let boxed: Box<dyn Iterator<Item = u64>> = Box::new(0..3);
        assert!(!walks(boxed) && !walks(std::iter::empty::<Range<u64>>()));
    }
}
