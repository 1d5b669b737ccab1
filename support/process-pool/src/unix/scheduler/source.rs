//! New tasks on their way to the scheduler: whoever has arguments encodes them and puts them here, in its own thread,
//! and the scheduler takes as many as it can send. What is ahead of the workers is bounded: the producer then waits.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;

use crate::limits::{AHEAD_BYTES, BATCH_BYTES, BATCH_TASKS};
use crate::unix::scheduler::batch::Batch;

/// Below this run time, in ns, a worker gets a second batch before it has answered the first.
const QUICK: u64 = 1_000_000;

/// A queue of new tasks.
#[derive(Default)]
pub struct Source {
    state: Mutex<State>,
    /// Signalled when tasks were taken, or nobody wants any more.
    room: Condvar,
    /// How far the tasks may be ahead of whoever uses the results.
    credit: Credit,
    /// Whether it lives as long as the pool.
    is_lasting: bool,
    /// How many tasks wait to be taken, for whoever only wants to know.
    tasks: AtomicUsize,
}

#[derive(Default)]
struct State {
    /// Oldest first. More tasks of its job may join the last.
    batches: VecDeque<Batch>,
    /// An empty batch, whose buffers are used for the next one.
    spare: Batch,
    /// How many tasks and about how many bytes they are.
    tasks: usize,
    bytes: usize,
    /// How many tasks have been taken.
    taken: usize,
    /// An upper bound on the tasks that are still to come, if known.
    to_come: Option<usize>,
    /// No more tasks will come.
    ended: bool,
    /// Nobody wants the results any more.
    stopped: bool,
    /// Who brings more tasks when there are none.
    producer: Option<Thread>,
}

/// What is between the tasks that were taken and the results that were used: a slow consumer holds back the producer.
#[derive(Debug)]
pub struct Credit {
    /// How many tasks may be there.
    most: AtomicUsize,
    /// Results used so far.
    used: AtomicUsize,
    /// The size of the results that are there and were not used, in bytes.
    unused_bytes: AtomicUsize,
    /// Whether tasks were held back.
    held: AtomicBool,
    /// Whether the producer waits for results to be used.
    is_awaited: AtomicBool,
}

impl Default for Credit {
    fn default() -> Credit {
        let [most, used, unused_bytes] = [usize::MAX, 0, 0].map(AtomicUsize::new);
        let [held, is_awaited] = [false; 2].map(AtomicBool::new);
        Credit { most, used, unused_bytes, held, is_awaited }
    }
}

impl Credit {
    /// A result of this size has come.
    pub fn come(&self, bytes: usize) {
        self.unused_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// A result of this size was used. True if tasks were held back that may be taken now.
    fn used(&self, bytes: usize) -> bool {
        self.unused_bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.used.fetch_add(1, Ordering::SeqCst);
        self.held.load(Ordering::SeqCst) && self.held.swap(false, Ordering::SeqCst)
    }

    /// How many more may be pulled when so many were.
    fn room(&self, pulled: usize) -> usize {
        let ahead = pulled.saturating_sub(self.used.load(Ordering::SeqCst));
        self.most.load(Ordering::Relaxed).saturating_sub(ahead)
    }

    /// How many more tasks may be taken.
    fn left(&self, taken: usize) -> usize {
        let left = || {
            let ahead = taken - self.used.load(Ordering::SeqCst).min(taken);
            let is_full = self.unused_bytes.load(Ordering::Relaxed) >= AHEAD_BYTES;
            // With nothing ahead, one can always be taken.
            if is_full && ahead > 0 { 0 } else { self.most.load(Ordering::Relaxed).saturating_sub(ahead) }
        };
        if left() == 0 {
            // Whoever uses a result from now on sees it.
            self.held.store(true, Ordering::SeqCst);
        }
        left()
    }
}

/// What one worker may get.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    /// How many workers there are.
    pub workers: usize,
    /// Whether it has a batch already.
    pub ahead: bool,
    /// How many tasks it may get at most.
    pub most: usize,
}

/// What was taken from a source.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// Tasks are in the batch.
    Some,
    /// There are none now.
    Nothing,
    /// Those that there are have to wait.
    Held,
    /// There are none, and none will come.
    Over,
}

impl Source {
    /// A source that is at most so many tasks ahead of the results that were used.
    pub fn ahead(most: usize) -> Source {
        let source = Source::default();
        source.credit.most.store(most.max(1), Ordering::Relaxed);
        source
    }

    /// A source that is never over.
    pub fn lasting() -> Source {
        Source { is_lasting: true, ..Source::default() }
    }

    pub fn is_lasting(&self) -> bool {
        self.is_lasting
    }

    pub fn credit(&self) -> &Credit {
        &self.credit
    }

    /// Adds a batch.
    pub fn put(&self, batch: Batch, to_come: Option<usize>) {
        let mut state = self.lock();
        if state.stopped {
            drop(state);
            return drop(batch);
        }
        state.tasks += batch.left();
        state.bytes += batch.weight();
        state.batches.push_back(batch);
        state.to_come = to_come;
        self.tasks.store(state.tasks, Ordering::SeqCst);
    }

    /// Adds the tasks of a small batch, which is empty afterwards, to those that are there.
    pub fn add(&self, one: &mut Batch, to_come: Option<usize>) {
        let mut state = self.lock();
        state.to_come = to_come;
        if one.is_empty() {
            return;
        }
        if state.stopped {
            drop(state);
            return one.clear();
        }
        state.tasks += one.left();
        state.bytes += one.weight();
        let has_room = |last: &&mut Batch| {
            last.takes(one.job()) && last.entries.len() < BATCH_TASKS && last.arguments.len() < BATCH_BYTES
        };
        match state.batches.back_mut().filter(has_room) {
            Some(last) => {
                while !one.is_empty() {
                    one.move_first_to(last);
                }
            }
            None => {
                let spare = std::mem::take(&mut state.spare);
                state.batches.push_back(std::mem::replace(one, spare));
            }
        }
        self.tasks.store(state.tasks, Ordering::SeqCst);
    }

    /// A result of this size was used. True if tasks were held back that may be taken now.
    pub fn used(&self, bytes: usize) -> bool {
        let must_nudge = self.credit.used(bytes);
        if self.credit.is_awaited.load(Ordering::SeqCst) {
            let _state = self.lock();
            self.room.notify_all();
        }
        must_nudge
    }

    /// How many more arguments may be pulled when so many were.
    pub fn room(&self, pulled: usize) -> usize {
        self.credit.room(pulled)
    }

    /// Waits until there is room for more tasks when so many were pulled. False if nobody wants any.
    pub fn wait_for_room(&self, pulled: usize) -> bool {
        let mut state = self.lock();
        let has_credit = || {
            if self.credit.room(pulled) > 0 {
                return true;
            }
            // Whoever uses a result from now on sees it.
            self.credit.is_awaited.store(true, Ordering::SeqCst);
            self.credit.room(pulled) > 0
        };
        while !state.stopped && (state.is_full() || !has_credit()) {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        self.credit.is_awaited.store(false, Ordering::SeqCst);
        !state.stopped
    }

    /// Whether all tasks have been taken.
    pub fn is_empty(&self) -> bool {
        self.lock().batches.is_empty()
    }

    /// Wakes this thread when all tasks have been taken.
    pub fn wake_when_empty(&self, producer: Thread) {
        self.lock().producer = Some(producer);
    }

    /// How many tasks wait to be taken.
    pub fn tasks(&self) -> usize {
        self.tasks.load(Ordering::SeqCst)
    }

    /// No more tasks will come.
    pub fn end(&self) {
        self.lock().ended = true;
    }

    /// Nobody wants the results any more. Tasks that were not taken are dropped.
    pub fn stop(&self) {
        let mut state = self.lock();
        (state.ended, state.stopped, state.tasks, state.bytes) = (true, true, 0, 0);
        let dropped = std::mem::take(&mut state.batches);
        self.tasks.store(0, Ordering::SeqCst);
        self.room.notify_all();
        drop(state);
        drop(dropped);
    }

    /// Removes all tasks that wait.
    pub fn drain(&self) -> VecDeque<Batch> {
        let mut state = self.lock();
        (state.tasks, state.bytes) = (0, 0);
        self.tasks.store(0, Ordering::SeqCst);
        self.room.notify_all();
        if let Some(producer) = state.producer.take() {
            producer.unpark();
        }
        std::mem::take(&mut state.batches)
    }

    /// Moves the next tasks into the empty `batch`.
    pub fn take(&self, share: &Share, batch: &mut Batch, spare: &mut Batch) -> Taken {
        let mut state = self.lock();
        while let Some(first) = state.batches.front() {
            let job = first.job();
            // A task that must not run twice must not be queued, or it could be lost with the worker.
            if share.ahead && (job.retries == 0 || !job.pace.is_below(QUICK)) {
                return Taken::Held;
            }
            let left = if state.ended { Some(0) } else { state.to_come };
            let fair = left.map_or(usize::MAX, |left| left.saturating_add(state.tasks) / (2 * share.workers));
            let most = if job.retries == 0 { 1 } else { job.pace.most().min(fair.max(1)) };
            let most = most.min(share.most).min(self.credit.left(state.taken));
            if most == 0 {
                return Taken::Held;
            }
            let was_full = state.is_full();
            state.move_to(batch, most);
            self.tasks.store(state.tasks, Ordering::SeqCst);
            if was_full {
                self.room.notify_one();
            }
            batch.begin(spare);
            if !batch.is_empty() {
                state.taken += batch.left();
                return Taken::Some;
            }
        }
        if state.ended { Taken::Over } else { Taken::Nothing }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether the producer has to wait.
    fn is_full(&self) -> bool {
        self.tasks >= BATCH_TASKS || self.bytes >= AHEAD_BYTES
    }

    /// Moves up to so many tasks of the first job into an empty batch.
    fn move_to(&mut self, batch: &mut Batch, most: usize) {
        while let Some(first) = self.batches.front_mut() {
            if batch.entries.len() >= most || batch.arguments.len() >= BATCH_BYTES {
                break;
            }
            if batch.is_empty() && first.answered == 0 && first.left() <= most {
                std::mem::swap(batch, first);
            } else if batch.is_empty() || batch.takes(first.job()) {
                while batch.entries.len() < most && batch.arguments.len() < BATCH_BYTES && !first.is_empty() {
                    first.move_first_to(batch);
                }
            } else {
                break;
            }
            if first.is_empty()
                && let Some(emptied) = self.batches.pop_front()
            {
                // What stands in its place is the empty batch that came in, with its buffers.
                self.spare = emptied;
            }
        }
        if self.batches.is_empty()
            && let Some(producer) = self.producer.take()
        {
            producer.unpark();
        }
        self.tasks -= batch.left();
        self.bytes = if self.tasks == 0 { 0 } else { self.bytes.saturating_sub(batch.weight()) };
    }
}
