//! How a call runs: the engine steps until all results are there, and arguments come from this thread or from another.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread;

use crate::Failure;
use crate::unix::engine::Engine;
use crate::unix::feed::Feed;
use crate::unix::jobs::{Direct, Encode, JobSource, Outcome, Sorted, never_waits};
use crate::unix::shm::Arena;
use crate::wire::Value;

/// This thread pulls the arguments, too: they never wait, or the system grants no other thread.
pub fn map_alone<I: Iterator, R: Value>(
    engine: &mut Engine,
    arguments: I,
    encode: Encode<I::Item>,
    unknown: Failure,
) -> Vec<Outcome<R>> {
    let arena = Arc::clone(engine.arena());
    let outcomes = Vec::with_capacity(arguments.size_hint().0);
    let mut jobs = Sorted { supplier: Direct { arguments, encode, arena, next: 0 }, outcomes, unknown };
    run(engine, &mut jobs);
    jobs.outcomes
}

/// Has the arguments pulled by another thread. Returns them if they never wait, or where the system grants none.
pub fn feed_of<I: Iterator + Send + 'static>(
    arguments: I,
    encode: Encode<I::Item>,
    arena: &Arc<Arena>,
) -> Result<Arc<Feed>, I> {
    if never_waits::<I>() {
        return Err(arguments);
    }
    let Ok(feed) = Feed::new().map(Arc::new) else { return Err(arguments) };
    let (to, arena) = (Arc::clone(&feed), Arc::clone(arena));
    let (to_feeder, from_here) = mpsc::sync_channel(1);
    let feeder = thread::Builder::new().name("pool-arguments".to_owned()).spawn(move || {
        let Ok(arguments) = from_here.recv() else { return };
        let pulled = catch_unwind(AssertUnwindSafe(|| to.pull(arguments, encode, &arena)));
        pulled.unwrap_or_else(|panic| to.end(Some(panic)));
    });
    if feeder.is_err() {
        return Err(arguments);
    }
    to_feeder.send(arguments).map(|()| feed).map_err(|unsent| unsent.0)
}

/// Runs a call to its end.
pub fn run(engine: &mut Engine, jobs: &mut dyn JobSource) {
    // If encoding an argument panics, the call must still be ended.
    let stop = Stop(engine);
    while stop.0.step(jobs) {}
}

/// Stops a feed on every path.
pub struct StopFeed<'a>(pub &'a Feed);

impl Drop for StopFeed<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Ends a call on every path. After all tasks are done it only gives large results back.
struct Stop<'a>(&'a mut Engine);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
