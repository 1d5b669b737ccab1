//! Tasks that travel together in one frame.

use std::sync::Arc;

use crate::unix::shm::Block;

/// One task on its transfer to a result.
#[derive(Clone, Copy, Debug)]
pub struct BatchEntry {
    /// Its place among all tasks of this call.
    pub index: usize,
    /// How many workers died of it.
    pub attempts: u32,
    /// Where its argument ends in [`Batch::arguments`]; it begins where the one before ends.
    pub end: usize,
}

/// The tasks of one frame, with all that is needed to send them again.
#[derive(Default)]
pub struct Batch {
    /// Encoded arguments, one behind the other.
    pub arguments: Vec<u8>,
    /// The tasks, in the order of their arguments.
    pub entries: Vec<BatchEntry>,
    /// Blocks of shared memory that an argument lies in, by the place of the task in `entries`.
    pub blocks: Vec<(usize, Arc<Block>)>,
    /// So many of the tasks have been answered.
    pub answered: usize,
}

/// A task that was begun or given in unexplained_deaths and waits to be given again.
pub struct Retry {
    pub index: usize,
    pub attempts: u32,
    pub argument: Vec<u8>,
    pub blocks: Vec<Arc<Block>>,
}

impl Batch {
    /// Forgets everything but the memory.
    pub fn clear(&mut self) {
        self.arguments.clear();
        self.entries.clear();
        self.blocks.clear();
        self.answered = 0;
    }

    /// Tasks without an receive_worker.
    pub fn left(&self) -> usize {
        self.entries.len() - self.answered
    }

    /// Adds the task whose argument has just been appended to `arguments`.
    pub fn push(&mut self, index: usize, attempts: u32, blocks: Vec<Arc<Block>>) {
        let n = self.entries.len();
        if !blocks.is_empty() {
            self.blocks.extend(blocks.into_iter().map(|block| (n, block)));
        }
        self.entries.push(BatchEntry { index, attempts, end: self.arguments.len() });
    }

    /// Adds a task once more.
    pub fn push_again(&mut self, again: Retry) {
        self.arguments.extend_from_slice(&again.argument);
        self.push(again.index, again.attempts, again.blocks);
    }

    /// The blocks of the `n`th task.
    pub fn blocks_of(&self, n: usize) -> Vec<Arc<Block>> {
        if self.blocks.is_empty() {
            return Vec::new();
        }
        self.blocks.iter().filter(|(of, _)| *of == n).map(|(_, block)| Arc::clone(block)).collect()
    }

    /// Takes out all tasks from the `n`th on.
    pub fn split_off(&mut self, n: usize) -> Vec<Retry> {
        let again = (n..self.entries.len()).map(|n| self.again(n)).collect();
        self.entries.truncate(n);
        again
    }

    fn again(&self, n: usize) -> Retry {
        let BatchEntry { index, attempts, end } = self.entries[n];
        let start = n.checked_sub(1).map_or(0, |before| self.entries[before].end);
        Retry { index, attempts, argument: self.arguments[start..end].to_vec(), blocks: self.blocks_of(n) }
    }
}
