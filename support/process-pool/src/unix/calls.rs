//! Calls with many arguments: where the arguments are pulled, and how their results are given.

use std::any::Any;
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::iter::RepeatN;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{self, Thread};
use std::{any, array, slice, vec};

use serde::Serialize;

use crate::Failure;
use crate::limits::{BATCH_BYTES, BATCH_TASKS};
use crate::unix::drive::{Refill, Shared, Wait};
use crate::unix::results::{Many, Outcome};
use crate::unix::scheduler::batch::Batch;
use crate::unix::scheduler::job::{Job, Sink};
use crate::unix::sync::{Mutex, lock};
use crate::unix::transfer::{TransferContext, TransferScope};
use crate::wire::{self, Value};

/// What a call runs, on which pool, and who takes the results.
pub struct Call<R> {
    pub shared: Arc<Shared>,
    pub job: Arc<Job>,
    pub many: Arc<Many<R>>,
    /// How many workers the pool has.
    pub workers: usize,
}

impl<R> Clone for Call<R> {
    fn clone(&self) -> Call<R> {
        let (shared, job, many) = (Arc::clone(&self.shared), Arc::clone(&self.job), Arc::clone(&self.many));
        Call { shared, job, many, workers: self.workers }
    }
}

impl<R: Value + Send + 'static> Call<R> {
    /// Encodes an argument into a batch.
    fn encode<A: Serialize>(&self, sink: &Arc<dyn Sink>, index: usize, argument: &A, batch: &mut Batch) {
        let transfer = TransferScope::new(TransferContext::encode(&self.shared.arena));
        let encode = |out: &mut Vec<u8>| wire::encode(argument, out);
        if let Err(why) = batch.encode((&self.job, sink, index), &self.shared.arena, &transfer, encode) {
            self.many.refuse(index, self.job.failure(Failure::Unreadable(why)));
        }
    }

    /// Pulls all arguments in this thread, and sends each as it comes; another thread receives results meanwhile. Returns
    /// when there are no more, or nobody wants results. `index` is that of the next argument.
    fn pull<A: Serialize, T: Borrow<A>>(&self, arguments: impl Iterator<Item = T>, index: &mut usize) {
        let sink: Arc<dyn Sink> = self.many.clone();
        let mut arguments = arguments;
        let mut one = Batch::default();
        while !self.many.is_dropped()
            && let Some(argument) = arguments.next()
        {
            self.encode(&sink, *index, argument.borrow(), &mut one);
            *index += 1;
            drop(argument);
            self.many.source.add(&mut one, arguments.size_hint().1);
            self.shared.nudge();
            if !self.many.source.wait_for_room(*index) {
                break;
            }
        }
        self.end(*index);
    }

    fn end(&self, all: usize) {
        self.many.end(all);
        self.shared.ring();
    }
}

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
    fn wants<R>(&self, call: &Call<R>) -> bool {
        self.has_room(call) && call.many.source.is_empty()
    }

    /// Whether more may be pulled.
    fn has_room<R>(&self, call: &Call<R>) -> bool {
        self.next.is_some_and(|next| call.many.source.room(next) > 0)
    }

    /// Pulls a batch for each worker.
    fn pull<R: Value + Send + 'static>(&mut self, call: &Call<R>) {
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

/// Waits for the results of a call, or until arguments are to be pulled.
struct Turn<'a, R, F>(&'a Many<R>, F);

impl<R, F: Fn() -> bool> Wait for Turn<'_, R, F> {
    fn is_over(&self) -> bool {
        self.0.is_over() || (self.1)()
    }

    fn wake(&self, thread: Thread) {
        self.0.source.wake_when_empty(thread.clone());
        self.0.wake(thread);
    }
}

/// Runs a call whose arguments this thread pulls, until its results are there.
pub fn map_alone<A: Serialize, R: Value + Send + 'static>(call: &Call<R>, arguments: impl Iterator<Item: Borrow<A>>) {
    let mut direct = Direct::new(arguments);
    loop {
        if direct.wants(call) {
            direct.pull(call);
        }
        call.shared.wait(&Turn(&*call.many, || direct.wants(call)), None);
        if call.many.is_over() {
            return;
        }
    }
}

/// Runs a call whose arguments may have to be waited for, until its results are there.
pub fn map_waiting<A: Serialize, R: Value + Send + 'static>(call: &Call<R>, arguments: impl Iterator<Item: Borrow<A>>) {
    // In a callback of the leader nobody else could receive results.
    if call.shared.is_led_by_me() {
        return map_alone(call, arguments);
    }
    if !call.shared.attend(true) {
        call.shared.end_attention();
        return map_alone(call, arguments);
    }
    let attended = EndAttention(&call.shared);
    call.pull(arguments, &mut 0);
    drop(attended);
    call.shared.wait(&*call.many, None);
}

struct EndAttention<'a>(&'a Shared);

impl Drop for EndAttention<'_> {
    fn drop(&mut self) {
        self.0.end_attention();
        self.0.ring();
    }
}

/// Drops a call on every path, and kills the workers that still have tasks of it.
struct DropCall<R: Value + Send + 'static> {
    call: Call<R>,
    /// Whether it may have tasks.
    is_open: bool,
}

impl<R: Value + Send + 'static> Drop for DropCall<R> {
    fn drop(&mut self) {
        let Call { shared, many, .. } = &self.call;
        if !self.is_open {
            return;
        }
        many.drop_all();
        if !shared.is_of_another_process() {
            let sink: Arc<dyn Sink> = many.clone();
            shared.with(|scheduler| scheduler.cancel(&sink, true));
        }
    }
}

/// Ends the call if it is left early: if an iterator panics, its tasks must not go on.
pub fn drop_on_unwind<R: Value + Send + 'static>(call: &Call<R>, run: impl FnOnce()) {
    let mut guard = DropCall { call: call.clone(), is_open: true };
    run();
    guard.is_open = false;
}

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

type Panic = Mutex<Option<Box<dyn Any + Send>>>;

/// Who pulls the arguments of an iterator of results.
enum Arguments<R> {
    /// A thread of their own, as they may have to be waited for.
    Fed,
    /// Whoever leads, as they are there.
    Shared(Arc<dyn PullShared>),
    /// Only the consumer of the results: they may have to be waited for, and the system grants no thread.
    Own(Box<dyn Pull<R> + Send>),
}

trait Pull<R> {
    fn pull(&mut self, call: &Call<R>);
    fn wants(&self, call: &Call<R>) -> bool;
}

trait PullShared: Refill {
    /// Whether none were pulled because too few results had been used. Then it is up to whoever uses the next one.
    fn take_held(&self) -> bool;
}

/// Tells the pool that somebody uses results one by one.
struct Iterating(Arc<Shared>);

impl Iterating {
    fn begin(shared: &Arc<Shared>) -> Iterating {
        shared.begin_iterator();
        Iterating(Arc::clone(shared))
    }
}

impl Drop for Iterating {
    fn drop(&mut self) {
        if !self.0.is_of_another_process() {
            self.0.end_iterator();
        }
    }
}

/// Arguments that are there: the leader pulls them.
struct Stored<A, I: Iterator, R> {
    call: Call<R>,
    direct: Mutex<Direct<A, I>>,
    panic: Arc<Panic>,
    is_held: AtomicBool,
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

impl<A, I, R> PullShared for Stored<A, I, R>
where
    A: Serialize,
    I: Iterator<Item: Borrow<A>> + Send,
    R: Value + Send + 'static,
{
    fn take_held(&self) -> bool {
        self.is_held.load(Ordering::SeqCst) && self.is_held.swap(false, Ordering::SeqCst)
    }
}

impl<A: Serialize, I: Iterator<Item: Borrow<A>>, R: Value + Send + 'static> Pull<R> for Direct<A, I> {
    fn pull(&mut self, call: &Call<R>) {
        Direct::pull(self, call);
    }

    fn wants(&self, call: &Call<R>) -> bool {
        Direct::wants(self, call)
    }
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
            let (direct, panic) = (Mutex::new(Direct::<A, I>::new(arguments)), Arc::clone(&panic));
            let stored = Arc::new(Stored { call: call.clone(), direct, panic, is_held: AtomicBool::new(false) });
            let refill: Weak<Stored<A, I, R>> = Arc::downgrade(&stored);
            call.shared.add_refill(refill);
            Arguments::Shared(stored)
        } else {
            match feed(&call, arguments, &panic) {
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
                Arguments::Shared(stored) => {
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
        if let Arguments::Shared(stored) = &running.arguments
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

/// Has the arguments pulled by another thread. Returns them where the system grants none.
fn feed<A, I, R>(call: &Call<R>, arguments: I, panic: &Arc<Panic>) -> Result<(), I>
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
