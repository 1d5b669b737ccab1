//! Batches: the tasks of one frame.

use std::sync::Arc;

use crate::limits::{BATCH_BYTES, BATCH_TASKS, KEPT_BUFFER, LARGE};
use crate::unix::frame::{self, ProtocolError, ValueLocation};
use crate::unix::shm::{Arena, Block};
use crate::unix::transfer::TransferScope;

/// One task of a batch.
#[derive(Clone, Copy, Debug)]
pub struct BatchEntry {
    /// Its index in the call.
    pub index: usize,
    /// How many workers died while running it.
    pub attempts: u32,
    /// The end of its argument in [`Batch::arguments`]; it begins where the previous one ends.
    pub end: usize,
}

/// The tasks of one frame, with all that is needed to send them again.
#[derive(Default)]
pub struct Batch {
    /// The encoded arguments, concatenated.
    pub arguments: Vec<u8>,
    /// The tasks, in the order of their arguments.
    pub entries: Vec<BatchEntry>,
    /// Shared-memory blocks that arguments use, each with the index of its task in `entries`.
    pub blocks: Vec<(usize, Arc<Block>)>,
    /// How many of the tasks have been answered.
    pub answered: usize,
}

/// A task to be dispatched again.
pub struct Retry {
    pub index: usize,
    pub attempts: u32,
    pub argument: Vec<u8>,
    pub blocks: Vec<Arc<Block>>,
}

impl Batch {
    /// Empties the batch but keeps its allocations, unless they are unusually large.
    pub fn clear(&mut self) {
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

    /// Adds the task whose argument was just appended to `arguments`.
    pub fn push(&mut self, index: usize, attempts: u32, blocks: Vec<Arc<Block>>) {
        let n = self.entries.len();
        if !blocks.is_empty() {
            self.blocks.extend(blocks.into_iter().map(|block| (n, block)));
        }
        self.entries.push(BatchEntry { index, attempts, end: self.arguments.len() });
    }

    /// Adds a new task. `encode` appends its argument; on error nothing is added.
    pub fn encode(
        &mut self,
        index: usize,
        arena: &Arc<Arena>,
        transfer: &TransferScope,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), String>,
    ) -> Result<(), String> {
        let start = self.arguments.len();
        self.arguments.push(0); // here its length goes, nearly always
        let encoded = encode(&mut self.arguments);
        let mut blocks = transfer.take_blocks();
        match encoded {
            Ok(()) => blocks.extend(finish_argument(&mut self.arguments, start, arena)),
            Err(_) => self.arguments.truncate(start),
        }
        encoded.map(|()| self.push(index, 0, blocks))
    }

    /// Whether it can be sent as it is, with at most this many tasks.
    pub fn fits_as_it_is(&self, most: usize) -> bool {
        self.answered == 0 && (1..=most).contains(&self.entries.len()) && self.arguments.len() < BATCH_BYTES
    }

    /// Moves all tasks of another batch behind those of this one.
    pub fn append(&mut self, other: &mut Batch) {
        while other.left() > 0 {
            other.move_first_to(self);
        }
        other.clear();
    }

    /// Moves the first unanswered task into another batch.
    pub fn move_first_to(&mut self, to: &mut Batch) {
        let n = self.answered;
        let BatchEntry { index, attempts, end } = self.entries[n];
        let start = n.checked_sub(1).map_or(0, |before| self.entries[before].end);
        to.arguments.extend_from_slice(&self.arguments[start..end]);
        let is_its = |(of, _): &mut (usize, Arc<Block>)| *of == n;
        let blocks = if self.blocks.is_empty() {
            Vec::new()
        } else {
            self.blocks.extract_if(.., is_its).map(|(_, block)| block).collect()
        };
        to.push(index, attempts, blocks);
        self.answered += 1;
        if self.left() == 0 {
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
        self.entries.iter_mut().for_each(|entry| entry.end -= start);
        self.blocks.iter_mut().for_each(|(of, _)| *of -= n);
    }

    /// About how many bytes its unanswered tasks hold.
    pub fn weight(&self) -> usize {
        let start = self.answered.checked_sub(1).map_or(0, |before| self.entries[before].end);
        self.arguments.len() - start + self.blocks.iter().map(|(_, block)| block.bytes().len()).sum::<usize>()
    }

    /// Adds a task that was dispatched before.
    pub fn push_retry(&mut self, retry: Retry) {
        self.arguments.extend_from_slice(&retry.argument);
        self.push(retry.index, retry.attempts, retry.blocks);
    }

    /// The blocks of the `n`th task.
    pub fn blocks_of(&self, n: usize) -> Vec<Arc<Block>> {
        if self.blocks.is_empty() {
            return Vec::new();
        }
        self.blocks.iter().filter(|(of, _)| *of == n).map(|(_, block)| Arc::clone(block)).collect()
    }

    /// Removes and returns all tasks from the `n`th on.
    pub fn split_off(&mut self, n: usize) -> Vec<Retry> {
        let removed = (n..self.entries.len()).map(|n| self.retry(n)).collect();
        self.entries.truncate(n);
        removed
    }

    fn retry(&self, n: usize) -> Retry {
        let BatchEntry { index, attempts, end } = self.entries[n];
        let start = n.checked_sub(1).map_or(0, |before| self.entries[before].end);
        Retry { index, attempts, argument: self.arguments[start..end].to_vec(), blocks: self.blocks_of(n) }
    }
}

/// Writes the length of the argument in front of it, at `start`; moves a large argument into shared memory.
fn finish_argument(arguments: &mut Vec<u8>, start: usize, arena: &Arc<Arena>) -> Option<Arc<Block>> {
    let len = arguments.len() - start - 1;
    if len < 64 {
        arguments[start] = (len as u8) << 1;
        return None;
    }
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
