//! Arguments on their way from an iterator to the engine. The iterator may be slow, or wait for somebody, so it is pulled
//! by another thread than the one that supervises workers and receives results.
//!
//! Each argument can be sent as soon as it is here. What is ahead of the workers is bounded: the iterator then waits.

use std::any::Any;
use std::io;
use std::ops::Deref;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::limits::{AHEAD_BYTES, BATCH_BYTES, BATCH_TASKS};
use crate::unix::batch::Batch;
use crate::unix::bell;
use crate::unix::jobs::{Encode, Supplier, Supply};
use crate::unix::shm::Arena;
use crate::unix::transfer::{TransferContext, TransferScope};

pub struct Feed {
    state: Mutex<State>,
    /// Signalled when tasks were taken, or nobody wants any more.
    room: Condvar,
    /// Whether the engine sleeps, and wants to be woken by the next argument.
    sleeps: AtomicBool,
    /// Whether nobody wants the results any more.
    stopped: AtomicBool,
    bell: OwnedFd,
    ringer: OwnedFd,
}

#[derive(Default)]
struct State {
    /// Tasks that were not sent; those before `answered` were taken.
    tasks: Batch,
    /// Arguments that could not be encoded.
    refused: Vec<(usize, String)>,
    /// An upper bound on the arguments that are still to come, if known.
    to_come: Option<usize>,
    ended: bool,
    /// The panic of the iterator.
    panic: Option<Box<dyn Any + Send>>,
}

impl Feed {
    pub fn new() -> io::Result<Feed> {
        let (bell, ringer) = bell::new()?;
        let (sleeps, stopped) = (AtomicBool::new(false), AtomicBool::new(false));
        Ok(Feed { state: Mutex::default(), room: Condvar::new(), sleeps, stopped, bell, ringer })
    }

    /// Pulls all arguments, and returns when there are no more or nobody wants them.
    pub fn pull<T>(&self, arguments: impl Iterator<Item = T>, encode: Encode<T>, arena: &Arc<Arena>) {
        let transfer = TransferScope::new(TransferContext::encode(arena));
        let mut one = Batch::default();
        let mut arguments = arguments;
        let mut index = 0;
        while !self.is_stopped()
            && let Some(argument) = arguments.next()
        {
            one.clear();
            let encoded = one.encode(index, arena, &transfer, |out| encode(&argument, out));
            drop(argument);
            self.put(&mut one, encoded.err().map(|why| (index, why)), arguments.size_hint().1);
            index += 1;
        }
        self.end(None);
    }

    /// There are no more arguments; the panic of the iterator, if that ended it. Both at once: whoever sees the end must see
    /// the panic.
    pub fn end(&self, panic: Option<Box<dyn Any + Send>>) {
        let mut state = self.lock();
        (state.ended, state.panic) = (true, panic);
        drop(state);
        self.ring();
    }

    fn put(&self, one: &mut Batch, refused: Option<(usize, String)>, to_come: Option<usize>) {
        let mut state = self.lock();
        state.tasks.append(one);
        state.refused.extend(refused);
        state.to_come = to_come;
        self.ring();
        while state.tasks.left() >= BATCH_TASKS || state.tasks.weight() >= AHEAD_BYTES {
            if self.is_stopped() {
                return;
            }
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Nobody wants the results any more.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        drop(self.lock());
        self.room.notify_all();
        self.ring();
    }

    fn ring(&self) {
        if self.sleeps.load(Ordering::SeqCst) && self.sleeps.swap(false, Ordering::SeqCst) {
            bell::ring(&self.ringer);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The engine's side of a feed.
pub struct Fed<F> {
    feed: F,
    /// Tasks that were taken together, to be sent in parts: the feeder must not wait for that.
    taken: Batch,
}

impl<F: Deref<Target = Feed>> Fed<F> {
    pub fn new(feed: F) -> Fed<F> {
        Fed { feed, taken: Batch::default() }
    }
}

impl<F: Deref<Target = Feed>> Supplier for Fed<F> {
    fn take(&mut self, most: usize, batch: &mut Batch) -> (Supply, Vec<(usize, String)>) {
        let mut refused = Vec::new();
        let mut ended = false;
        if self.taken.left() == 0 {
            let mut state = self.feed.lock();
            std::mem::swap(&mut state.tasks, &mut self.taken);
            refused = std::mem::take(&mut state.refused);
            ended = state.ended;
            self.feed.room.notify_one();
        }
        if batch.entries.is_empty() && self.taken.fits_as_it_is(most) {
            std::mem::swap(batch, &mut self.taken);
        }
        while batch.entries.len() < most && batch.arguments.len() < BATCH_BYTES && self.taken.left() > 0 {
            self.taken.move_first_to(batch);
        }
        let supply = match self.taken.left() {
            0 if ended => Supply::Over,
            0 => Supply::NotYet,
            _ => Supply::Full,
        };
        (supply, refused)
    }

    fn at_most(&self) -> Option<usize> {
        let state = self.feed.lock();
        let to_come = if state.ended { Some(0) } else { state.to_come };
        to_come.map(|to_come| to_come.saturating_add(state.tasks.left() + self.taken.left()))
    }

    fn bell(&self) -> Option<BorrowedFd<'_>> {
        self.feed.sleeps.store(true, Ordering::SeqCst);
        let state = self.feed.lock();
        let comes = self.taken.left() > 0 || state.tasks.left() > 0 || state.ended || !state.refused.is_empty();
        (!comes).then(|| self.feed.bell.as_fd())
    }

    fn is_stopped(&self) -> bool {
        self.feed.is_stopped()
    }

    fn take_panic(&self) -> Option<Box<dyn Any + Send>> {
        self.feed.lock().panic.take()
    }

    fn stop(&self) {
        self.feed.stop();
    }
}
