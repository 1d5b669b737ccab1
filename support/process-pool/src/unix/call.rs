//! A call with many arguments: what runs, where its arguments go, and its end.

use std::borrow::Borrow;
use std::sync::Arc;

use serde::Serialize;

use crate::Failure;
use crate::unix::drive::Shared;
use crate::unix::results::Many;
use crate::unix::scheduler::batch::Batch;
use crate::unix::scheduler::job::{Job, Sink};
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
    pub fn encode<A: Serialize>(&self, sink: &Arc<dyn Sink>, index: usize, argument: &A, batch: &mut Batch) {
        let transfer = TransferScope::new(TransferContext::encode(&self.shared.arena));
        let encode = |out: &mut Vec<u8>| wire::encode(argument, out);
        if let Err(why) = batch.encode((&self.job, sink, index), &self.shared.arena, &transfer, encode) {
            self.many.refuse(index, self.job.failure(Failure::Unreadable(why)));
        }
    }

    /// Pulls all arguments in this thread, and sends each as it comes; another thread receives results meanwhile. Returns
    /// when there are no more, or nobody wants results. `index` is that of the next argument.
    pub fn pull<A: Serialize, T: Borrow<A>>(&self, arguments: impl Iterator<Item = T>, index: &mut usize) {
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

    pub fn end(&self, all: usize) {
        self.many.end(all);
        self.shared.ring();
    }
}

/// Drops a call on every path, and kills the workers that still have tasks of it.
pub struct DropCall<R: Value + Send + 'static> {
    pub call: Call<R>,
    /// Whether it may have tasks.
    pub is_open: bool,
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
