//! Which shared memory a worker has lent to its parent, and which of the parent's it still reads.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Weak};

use crate::unix::result_frame::MemoryNotes;
use crate::unix::shm::{Block, Lending, RemoteArena};
use crate::unix::transfer::{TransferScope, Used};

#[derive(Default)]
pub(super) struct Ledger {
    /// Blocks that the parent may be reading, by their offset, and with how many messages they were lent: a task can return
    /// the same bytes as another.
    lent: BTreeMap<u64, (Arc<Block>, u32)>,
    /// Blocks of the parent that it knows to be kept.
    kept: Vec<(u64, Weak<Lending>)>,
}

impl Ledger {
    /// Lends a block with one message.
    pub(super) fn lend(&mut self, block: Arc<Block>) {
        self.lent.entry(block.at() as u64).or_insert((block, 0)).1 += 1;
    }

    /// The parent has read a block that one message lent.
    pub(super) fn take_back(&mut self, at: u64) {
        if let Entry::Occupied(mut lent) = self.lent.entry(at) {
            lent.get_mut().1 -= 1;
            if lent.get().1 == 0 {
                lent.remove();
            }
        }
    }

    /// After a task: what the parent must know, if there is anything, which is rare.
    pub(super) fn notes(&mut self, transfer: &TransferScope, parent: &RemoteArena) -> Option<Box<MemoryNotes>> {
        let used = transfer.take_used();
        if used.is_none() && self.kept.is_empty() {
            return None;
        }
        let released = self.kept.extract_if(.., |(_, lending)| lending.strong_count() == 0);
        let mut notes = MemoryNotes { released: released.map(|(at, _)| at).collect(), ..MemoryNotes::default() };
        if let Some(used) = used {
            self.note_used(used, parent, &mut notes);
        }
        (!notes.is_empty()).then(|| Box::new(notes))
    }

    fn note_used(&mut self, (mut blocks, found): Used, parent: &RemoteArena, notes: &mut MemoryNotes) {
        for lending in found {
            // We hold one.
            if Arc::strong_count(&lending) > 1 {
                notes.kept.push(lending.at());
                self.kept.push((lending.at(), Arc::downgrade(&lending)));
            }
        }
        blocks.sort_unstable_by_key(|block| block.at());
        blocks.dedup_by_key(|block| block.at());
        for block in blocks {
            notes.lent.push(block.at() as u64);
            self.lend(block);
        }
        parent.take_read(); // the parent counts its own blocks
    }
}
