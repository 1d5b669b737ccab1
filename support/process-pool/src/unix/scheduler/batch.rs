//! Batches: the tasks of one frame.

use std::fmt;
use std::sync::Arc;

use crate::limits::{BATCH_TASKS, KEPT_BUFFER, LARGE};
use crate::unix::frame::{self, ProtocolError, ValueLocation};
use crate::unix::scheduler::job::{Job, Sink};
use crate::unix::shm::{Arena, Block};
use crate::unix::transfer::TransferScope;

/// One task of a batch.
#[derive(Clone, Copy, Debug)]
pub struct BatchEntry {
    /// Its index for the sink.
    pub index: usize,
    /// How many workers died while running it.
    pub attempts: u32,
    /// The end of its argument in [`Batch::arguments`]; it begins where the previous one ends.
    pub end: usize,
}

/// The tasks of one frame, with all that is needed to send them again.
#[derive(Default)]
pub struct Batch {
    /// What they have in common; `None` while there are none.
    job: Option<Arc<Job>>,
    /// Who takes their outcomes: one for all, or one for each.
    sinks: Vec<Arc<dyn Sink>>,
    /// The encoded arguments, concatenated.
    pub arguments: Vec<u8>,
    /// The tasks, in the order of their arguments.
    pub entries: Vec<BatchEntry>,
    /// Shared-memory blocks that arguments use, each with the index of its task in `entries`.
    blocks: Vec<(usize, Arc<Block>)>,
    /// How many of the tasks have been answered.
    pub answered: usize,
}

/// A task on its own.
pub struct Single {
    pub job: Arc<Job>,
    pub sink: Arc<dyn Sink>,
    pub index: usize,
    pub attempts: u32,
    pub argument: Vec<u8>,
    pub blocks: Vec<Arc<Block>>,
}

/// Whether they are the same object.
pub fn is_same(one: &Arc<dyn Sink>, other: &Arc<dyn Sink>) -> bool {
    Arc::ptr_eq(one, other)
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("entries", &self.entries)
            .field("answered", &self.answered)
            .finish_non_exhaustive()
    }
}

impl Batch {
    /// Empties the batch but keeps its allocations, unless they are unusually large.
    pub fn clear(&mut self) {
        self.job = None;
        self.sinks.clear();
        self.arguments.clear();
        self.arguments.shrink_to(KEPT_BUFFER);
        self.entries.clear();
        self.blocks.clear();
        self.answered = 0;
    }

    /// The number of unanswered tasks.
    pub fn left(&self) -> usize {
        self.entries.len() - self.answered
    }

    pub fn is_empty(&self) -> bool {
        self.left() == 0
    }

    /// What its tasks have in common. There must be a task.
    pub fn job(&self) -> &Arc<Job> {
        self.job.as_ref().expect("a batch with tasks has a job")
    }

    /// Who takes the outcome of the `n`th task.
    pub fn sink(&self, n: usize) -> &Arc<dyn Sink> {
        &self.sinks[if self.sinks.len() == 1 { 0 } else { n }]
    }

    /// Who takes the outcomes of all its tasks, if that is the same.
    pub fn only_sink(&self) -> Option<&Arc<dyn Sink>> {
        self.sinks.first().filter(|_| self.sinks.len() == 1)
    }

    /// Whether tasks of this job may join those that are here.
    pub fn takes(&self, job: &Arc<Job>) -> bool {
        self.job.as_ref().is_none_or(|own| Arc::ptr_eq(own, job))
    }

    /// Adds the task whose argument was just appended to `arguments`, and its blocks to `blocks`.
    #[inline]
    fn push(&mut self, job: &Arc<Job>, sink: &Arc<dyn Sink>, (index, attempts): (usize, u32)) {
        let n = self.entries.len();
        self.entries.push(BatchEntry { index, attempts, end: self.arguments.len() });
        match &self.sinks[..] {
            [one] if is_same(one, sink) => {}
            _ => self.add_sink(job, sink, n),
        }
    }

    /// Adds who takes the outcome of the `n`th task, unless that is the only one that is there.
    fn add_sink(&mut self, job: &Arc<Job>, sink: &Arc<dyn Sink>, n: usize) {
        match &self.sinks[..] {
            [] => self.job = Some(Arc::clone(job)),
            [one] => {
                let one = Arc::clone(one);
                self.sinks.resize(n, one);
            }
            _ => {}
        }
        self.sinks.push(Arc::clone(sink));
    }

    /// The next task to be added has these blocks.
    #[inline]
    fn add_blocks(&mut self, blocks: Vec<Arc<Block>>) {
        if !blocks.is_empty() {
            let n = self.entries.len();
            self.blocks.extend(blocks.into_iter().map(|block| (n, block)));
        }
    }

    /// Adds a new task. `encode` appends its argument; on error nothing is added.
    #[inline]
    pub fn encode(
        &mut self,
        (job, sink, index): (&Arc<Job>, &Arc<dyn Sink>, usize),
        arena: &Arc<Arena>,
        transfer: &TransferScope,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), String>,
    ) -> Result<(), String> {
        let start = self.arguments.len();
        self.arguments.push(0); // here its length goes, nearly always
        let encoded = encode(&mut self.arguments);
        let blocks = transfer.take_blocks();
        if encoded.is_err() {
            self.arguments.truncate(start);
            return encoded;
        }
        self.add_blocks(blocks);
        let len = self.arguments.len() - start - 1;
        if len < 64 {
            self.arguments[start] = (len as u8) << 1;
        } else if let Some(block) = finish_long_argument(&mut self.arguments, start, arena) {
            self.blocks.push((self.entries.len(), block));
        }
        self.push(job, sink, (index, 0));
        Ok(())
    }

    /// Moves the first unanswered task into another batch of its job.
    pub fn move_first_to(&mut self, to: &mut Batch) {
        let n = self.answered;
        let BatchEntry { index, attempts, .. } = self.entries[n];
        to.arguments.extend_from_slice(self.argument(n));
        if !self.blocks.is_empty() {
            to.add_blocks(self.blocks.extract_if(.., |(of, _)| *of == n).map(|(_, block)| block).collect());
        }
        to.push(self.job(), self.sink(n), (index, attempts));
        self.skip_first();
    }

    /// Drops the first unanswered task.
    pub fn skip_first(&mut self) {
        self.answered += 1;
        if self.is_empty() {
            self.clear();
        } else if self.answered >= 2 * BATCH_TASKS {
            self.forget_answered();
        }
    }

    /// Frees the room of what was moved away.
    fn forget_answered(&mut self) {
        let n = std::mem::take(&mut self.answered);
        let start = self.entries[n - 1].end;
        self.arguments.drain(..start);
        self.entries.drain(..n);
        if self.sinks.len() > 1 {
            self.sinks.drain(..n);
        }
        self.entries.iter_mut().for_each(|entry| entry.end -= start);
        self.blocks.retain(|(of, _)| *of >= n);
        self.blocks.iter_mut().for_each(|(of, _)| *of -= n);
    }

    /// The encoded argument of the `n`th task.
    fn argument(&self, n: usize) -> &[u8] {
        let start = n.checked_sub(1).map_or(0, |before| self.entries[before].end);
        &self.arguments[start..self.entries[n].end]
    }

    /// About how many bytes its unanswered tasks hold.
    pub fn weight(&self) -> usize {
        let start = self.answered.checked_sub(1).map_or(0, |before| self.entries[before].end);
        self.arguments.len() - start + self.blocks.iter().map(|(_, block)| block.bytes().len()).sum::<usize>()
    }

    /// Adds a task of its job that was dispatched before.
    pub fn push_single(&mut self, task: Single) {
        self.arguments.extend_from_slice(&task.argument);
        self.add_blocks(task.blocks);
        self.push(&task.job, &task.sink, (task.index, task.attempts));
    }

    /// Whether an argument lies in shared memory.
    pub fn has_blocks(&self) -> bool {
        !self.blocks.is_empty()
    }

    /// The blocks of the `n`th task.
    pub fn blocks_of(&self, n: usize) -> Vec<Arc<Block>> {
        if self.blocks.is_empty() {
            return Vec::new();
        }
        self.blocks.iter().filter(|(of, _)| *of == n).map(|(_, block)| Arc::clone(block)).collect()
    }

    /// Removes and returns all tasks from the `n`th on.
    pub fn split_off(&mut self, n: usize) -> Vec<Single> {
        let removed = (n..self.entries.len()).map(|n| self.single(n)).collect();
        let start = n.checked_sub(1).map_or(0, |before| self.entries[before].end);
        self.arguments.truncate(start);
        self.entries.truncate(n);
        self.blocks.retain(|(of, _)| *of < n);
        if n == 0 {
            self.clear();
        } else if self.sinks.len() > 1 {
            self.sinks.truncate(n);
        }
        removed
    }

    fn single(&self, n: usize) -> Single {
        let BatchEntry { index, attempts, .. } = self.entries[n];
        Single {
            job: Arc::clone(self.job()),
            sink: Arc::clone(self.sink(n)),
            index,
            attempts,
            argument: self.argument(n).to_vec(),
            blocks: self.blocks_of(n),
        }
    }

    /// Its tasks are about to be sent: drops those that were cancelled. `spare` is empty before and after.
    pub fn begin(&mut self, spare: &mut Batch) {
        if self.sinks.len() <= 1 {
            if self.sinks.first().is_some_and(|sink| !sink.begin()) {
                self.clear();
            }
            return;
        }
        let wanted: Vec<bool> = (self.answered..self.entries.len()).map(|n| self.sink(n).begin()).collect();
        if wanted.iter().all(|wanted| *wanted) {
            return;
        }
        for wanted in wanted {
            if wanted { self.move_first_to(spare) } else { self.skip_first() }
        }
        std::mem::swap(self, spare);
        spare.clear();
    }
}

/// Writes the length of an argument, which takes more than a byte, in front of it, at `start`; moves a large argument into
/// shared memory.
fn finish_long_argument(arguments: &mut Vec<u8>, start: usize, arena: &Arc<Arena>) -> Option<Arc<Block>> {
    let len = arguments.len() - start - 1;
    let mut head = Vec::with_capacity(10);
    let block = if len < LARGE { None } else { arena.block(len) };
    let Some(mut block) = block else {
        frame::put_number(&mut head, (len as u64) << 1);
        arguments.splice(start..=start, head);
        return None;
    };
    block.bytes_mut().copy_from_slice(&arguments[start + 1..]);
    arguments.truncate(start);
    arguments.shrink_to(KEPT_BUFFER);
    frame::put_place(arguments, ValueLocation::Shared(block.at() as u64, len as u64));
    Some(Arc::new(block))
}

/// Blocks of the parent that a worker still reads although its tasks have ended.
#[derive(Default)]
pub struct Pinned(Vec<Arc<Block>>);

impl Pinned {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The worker keeps these blocks of the task whose `blocks` these are.
    pub fn keep(&mut self, kept: &[u64], blocks: &[Arc<Block>]) -> Result<(), ProtocolError> {
        for at in kept {
            let block = blocks.iter().find(|block| block.at() as u64 == *at).ok_or(ProtocolError)?;
            self.0.push(Arc::clone(block));
        }
        Ok(())
    }

    /// The worker does not keep these any more.
    pub fn release(&mut self, released: &[u64]) {
        for at in released {
            if let Some(place) = self.0.iter().position(|block| block.at() as u64 == *at) {
                self.0.swap_remove(place);
            }
        }
    }

    /// A task may return what an earlier one has kept.
    pub fn append_to(&self, blocks: &mut Vec<Arc<Block>>) {
        if !self.0.is_empty() {
            blocks.extend(self.0.iter().cloned());
        }
    }
}
