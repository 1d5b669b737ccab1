//! The job sources of the three calls: one task, all in order, all as they complete.

use std::borrow::Borrow;
use std::collections::VecDeque;

use serde::Serialize;

use crate::Failure;
use crate::unix::engine::JobSource;
use crate::wire::{self, Value};

pub(super) type Outcome<R> = Result<R, Failure>;

fn read<R: Value>(value: Result<&[u8], Failure>) -> Outcome<R> {
    wire::decode(value?).map_err(Failure::Unreadable)
}

/// One argument, one outcome.
pub(super) struct One<'a, A, R> {
    pub(super) argument: Option<&'a A>,
    pub(super) outcome: Option<Outcome<R>>,
}

impl<A: Serialize, R: Value> JobSource for One<'_, A, R> {
    fn next(&mut self, out: &mut Vec<u8>) -> Option<Result<(), String>> {
        Some(wire::encode(self.argument.take()?, out))
    }

    fn at_most(&self) -> Option<usize> {
        Some(usize::from(self.argument.is_some()))
    }

    fn is_over(&self) -> bool {
        self.argument.is_none()
    }

    fn done(&mut self, _: usize, value: Result<&[u8], Failure>) {
        self.outcome = Some(read(value));
    }
}

/// Encodes an argument, whether it is owned or borrowed.
pub(super) type Encode<T> = fn(&T, &mut Vec<u8>) -> Result<(), String>;

pub(super) fn encode<A: Serialize, T: Borrow<A>>(argument: &T, out: &mut Vec<u8>) -> Result<(), String> {
    wire::encode(argument.borrow(), out)
}

/// All arguments, with a result slot for each.
pub(super) struct All<I: Iterator, R> {
    pub(super) arguments: I,
    pub(super) encode: Encode<I::Item>,
    /// Holds `unknown` until the task has ended.
    pub(super) outcomes: Vec<Outcome<R>>,
    pub(super) unknown: Failure,
}

impl<I: Iterator, R: Value> JobSource for All<I, R> {
    fn next(&mut self, out: &mut Vec<u8>) -> Option<Result<(), String>> {
        let argument = self.arguments.next()?;
        self.outcomes.push(Err(self.unknown.clone()));
        Some((self.encode)(&argument, out))
    }

    fn at_most(&self) -> Option<usize> {
        self.arguments.size_hint().1
    }

    fn done(&mut self, index: usize, value: Result<&[u8], Failure>) {
        self.outcomes[index] = read(value);
    }
}

/// All arguments, and the results that were not taken yet.
pub(super) struct Unsorted<I: Iterator, R> {
    pub(super) arguments: I,
    pub(super) encode: Encode<I::Item>,
    pub(super) outcomes: VecDeque<(usize, Outcome<R>)>,
}

impl<I: Iterator, R: Value> JobSource for Unsorted<I, R> {
    fn next(&mut self, out: &mut Vec<u8>) -> Option<Result<(), String>> {
        Some((self.encode)(&self.arguments.next()?, out))
    }

    fn at_most(&self) -> Option<usize> {
        self.arguments.size_hint().1
    }

    fn done(&mut self, index: usize, value: Result<&[u8], Failure>) {
        self.outcomes.push_back((index, read(value)));
    }
}
