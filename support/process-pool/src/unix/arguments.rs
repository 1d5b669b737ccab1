//! Where the arguments of a call are pulled: by a thread of their own if they may have to be waited for, else by whoever leads,
//! or by the caller.

use std::any::Any;
use std::borrow::Borrow;
use std::iter::RepeatN;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};
use std::{any, array, slice, vec};

use serde::Serialize;

use crate::Failure;
use crate::limits::{BATCH_BYTES, BATCH_TASKS};
use crate::unix::call::Call;
use crate::unix::drive::Wait;
use crate::unix::refill::Refill;
use crate::unix::results::Many;
use crate::unix::scheduler::batch::Batch;
use crate::unix::scheduler::job::Sink;
use crate::unix::sync::{Mutex, lock};
use crate::unix::transfer::{TransferContext, TransferScope};
use crate::wire::{self, Value};

/// Arguments that are pulled by the thread that waits for results: if they never wait, or the system grants no other thread.
pub struct Direct<A, I: Iterator> {
    arguments: I,
    /// The index of the next argument; `None` when there are no more.
    next: Option<usize>,
    of: std::marker::PhantomData<fn(&A)>,
}

impl<A: Serialize, I: Iterator<Item: Borrow<A>>> Direct<A, I> {
    pub fn new(arguments: I) -> Direct<A, I> {
        Direct { arguments, next: Some(0), of: std::marker::PhantomData }
    }

    /// Whether more should be pulled now: all that were have been sent, and enough results were used.
    pub fn wants<R>(&self, call: &Call<R>) -> bool {
        self.has_room(call) && call.many.source.is_empty()
    }

    /// Whether more may be pulled.
    fn has_room<R>(&self, call: &Call<R>) -> bool {
        self.next.is_some_and(|next| call.many.source.room(next) > 0)
    }

    /// Pulls a batch for each worker.
    pub fn pull<R: Value + Send + 'static>(&mut self, call: &Call<R>) {
        let sink: Arc<dyn Sink> = call.many.clone();
        for _ in 0..call.workers {
            let Some(mut index) = self.next else { return };
            let left = self.arguments.size_hint().1;
            let fair = left.map_or(usize::MAX, |left| left / (2 * call.workers)).max(1);
            let most = call.job.pace.most().min(fair).min(BATCH_TASKS).min(call.many.source.room(index));
            if most == 0 {
                return;
            }
            let mut batch = Batch::default();
            let transfer = TransferScope::new(TransferContext::encode(&call.shared.arena));
            while batch.entries.len() < most && batch.arguments.len() < BATCH_BYTES {
                let Some(argument) = self.arguments.next() else {
                    self.next = None;
                    break;
                };
                let encode = |out: &mut Vec<u8>| wire::encode::<A>(argument.borrow(), out);
                if let Err(why) = batch.encode((&call.job, &sink, index), &call.shared.arena, &transfer, encode) {
                    call.many.refuse(index, call.job.failure(Failure::Unreadable(why)));
                }
                index += 1;
            }
            drop(transfer);
            if !batch.is_empty() {
                call.many.source.put(batch, self.arguments.size_hint().1);
            }
            match &mut self.next {
                Some(next) => *next = index,
                None => call.many.end(index),
            }
        }
    }
}

/// [`Direct`] without the type of its arguments.
pub trait Pull<R> {
    fn pull(&mut self, call: &Call<R>);
    fn wants(&self, call: &Call<R>) -> bool;
}

impl<A: Serialize, I: Iterator<Item: Borrow<A>>, R: Value + Send + 'static> Pull<R> for Direct<A, I> {
    fn pull(&mut self, call: &Call<R>) {
        Direct::pull(self, call);
    }

    fn wants(&self, call: &Call<R>) -> bool {
        Direct::wants(self, call)
    }
}

/// Arguments that are there: the leader pulls them.
struct Stored<A, I: Iterator, R> {
    call: Call<R>,
    direct: Mutex<Direct<A, I>>,
    panic: Arc<Panic>,
    /// Whether none were pulled because too few results had been used.
    is_held: AtomicBool,
}

/// Has arguments that are there pulled by whoever leads, as long as what is returned lives.
pub fn store<A, I, R>(call: &Call<R>, arguments: I, panic: &Arc<Panic>) -> Arc<dyn Refill>
where
    A: Serialize + 'static,
    I: Iterator<Item: Borrow<A>> + Send + 'static,
    R: Value + Send + 'static,
{
    let direct = Mutex::new(Direct::<A, I>::new(arguments));
    let stored = Stored { call: call.clone(), direct, panic: Arc::clone(panic), is_held: AtomicBool::new(false) };
    let stored: Arc<dyn Refill> = Arc::new(stored);
    call.shared.refills.add(&stored);
    stored
}

impl<A, I, R> Refill for Stored<A, I, R>
where
    A: Serialize,
    I: Iterator<Item: Borrow<A>> + Send,
    R: Value + Send + 'static,
{
    fn refill(&self) {
        // Once more if a result was used meanwhile: whoever did found this locked.
        while self.pull() && !self.is_held.load(Ordering::SeqCst) {}
    }

    fn take_held(&self) -> bool {
        self.is_held.load(Ordering::SeqCst) && self.is_held.swap(false, Ordering::SeqCst)
    }
}

impl<A, I, R> Stored<A, I, R>
where
    A: Serialize,
    I: Iterator<Item: Borrow<A>> + Send,
    R: Value + Send + 'static,
{
    /// Pulls some, if that is wanted now. True if too few results have been used for that.
    fn pull(&self) -> bool {
        // Somebody else pulls. Or this thread: an argument uses the pool while it is serialized.
        let Ok(mut direct) = self.direct.try_lock() else { return false };
        if self.call.many.is_dropped() || direct.next.is_none() {
            return false;
        }
        let has_room = direct.has_room(&self.call);
        if !has_room {
            // Whoever uses a result from now on sees it.
            self.is_held.store(true, Ordering::SeqCst);
        }
        if !direct.wants(&self.call) {
            return !has_room;
        }
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| direct.pull(&self.call))) {
            // First the panic: whoever sees the end must see it.
            *lock(&self.panic) = Some(payload);
            if let Some(pulled) = direct.next.take() {
                self.call.end(pulled);
            }
        }
        false
    }
}

/// The panic of an iterator, until it continues where results are taken.
pub type Panic = Mutex<Option<Box<dyn Any + Send>>>;

/// Has the arguments pulled by another thread. Returns them where the system grants none.
pub fn feed<A, I, R>(call: &Call<R>, arguments: I, panic: &Arc<Panic>) -> Result<(), I>
where
    A: Serialize,
    I: Iterator<Item: Borrow<A>> + Send + 'static,
    R: Value + Send + 'static,
{
    let (to_feeder, from_here) = std::sync::mpsc::sync_channel(1);
    let (its, its_panic) = (call.clone(), Arc::clone(panic));
    let feeder = thread::Builder::new().name("pool-arguments".to_owned()).spawn(move || {
        let Ok(arguments) = from_here.recv() else { return };
        let mut next = 0;
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| its.pull(arguments, &mut next))) {
            // First the panic: whoever sees the end must see it.
            *lock(&its_panic) = Some(payload);
            its.end(next);
        }
    });
    if feeder.is_err() {
        return Err(arguments);
    }
    to_feeder.send(arguments).map_err(|unsent| unsent.0)
}

/// Waits for the results of a call, or until arguments are to be pulled.
pub struct Turn<'a, R, F>(pub &'a Many<R>, pub F);

impl<R, F: Fn() -> bool> Wait for Turn<'_, R, F> {
    fn is_over(&self) -> bool {
        self.0.is_over() || (self.1)()
    }

    fn wake(&self, thread: Thread) {
        self.0.source.wake_when_empty(thread.clone());
        self.0.wake(thread);
    }
}

/// Whether an iterator of this type never waits, as it walks through memory. For tiny tasks it is quicker then if one thread
/// both pulls arguments and sends them. Types that are not known here are right as well, only slower; only the name of a
/// type can tell, as `TypeId` is for types that borrow nothing.
pub fn never_waits<I>() -> bool {
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
    let name = any::type_name::<T>();
    name.split_once('<').map_or(name, |(generic, _)| generic)
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
