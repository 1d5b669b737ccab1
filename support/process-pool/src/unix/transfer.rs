//! The arenas of the two processes, while a message between them is encoded or decoded.
//!
//! serde hands no context to `Serialize` and `Deserialize`, so it is kept by the thread.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use crate::unix::shm::{Arena, Block, Lending, RemoteArena};

/// What the messages that a thread encodes or decodes refer to.
pub struct TransferContext {
    /// This process's arena.
    pub own: Arc<Arena>,
    /// The other process's arena; `None` while the parent encodes, as any worker may receive the message.
    pub foreign: Option<Arc<RemoteArena>>,
    /// Blocks of `own` that the message refers to.
    pub blocks: Vec<Arc<Block>>,
    /// Blocks of `foreign` that the message may refer to.
    pub lendings: Lendings,
    /// How many bytes of `blocks` were found in the message.
    pub found_bytes: usize,
}

/// What of the other process's memory may be read.
pub enum Lendings {
    /// What the message says (in a parent: a worker that is killed in between must not be able to mislead it).
    Listed(Vec<Arc<Lending>>),
    /// What it refers to, each block once (in a worker).
    Found(Vec<Arc<Lending>>),
}

impl TransferContext {
    /// For encoding in a parent.
    pub fn encode(own: &Arc<Arena>) -> TransferContext {
        TransferContext {
            own: Arc::clone(own),
            foreign: None,
            blocks: Vec::new(),
            lendings: Lendings::Listed(Vec::new()),
            found_bytes: 0,
        }
    }

    /// The lent block at this offset.
    pub fn lent(&mut self, at: u64) -> Option<&Arc<Lending>> {
        let known = |list: &[Arc<Lending>]| list.iter().position(|lending| lending.at() == at);
        match &mut self.lendings {
            Lendings::Listed(list) => list.get(known(list)?),
            Lendings::Found(list) => {
                let place = match known(list) {
                    Some(place) => place,
                    None => {
                        list.push(Arc::new(self.foreign.as_ref()?.lending(at)));
                        list.len() - 1
                    }
                };
                list.get(place)
            }
        }
    }

    /// The block of `own` at this location.
    pub fn own_block(&mut self, at: u64, len: u64) -> Option<Arc<Block>> {
        let is_it = |block: &&Arc<Block>| block.at() as u64 == at && block.bytes().len() as u64 == len;
        let block = self.blocks.iter().find(is_it)?;
        self.found_bytes += block.bytes().len();
        Some(Arc::clone(block))
    }
}

thread_local! {
    /// `ManuallyDrop`, as a thread-local with a destructor must be registered by each thread, and so by each worker;
    /// [`TransferScope`] clears it.
    static CONTEXT: RefCell<ManuallyDrop<Option<TransferContext>>> = const { RefCell::new(ManuallyDrop::new(None)) };
}

/// Blocks of ours that messages referred to, and blocks that were lent to us.
pub type Used = (Vec<Arc<Block>>, Vec<Arc<Lending>>);

/// Sets this thread's transfer context while it lives; then the one before it is set again, as an iterator of arguments may
/// use another pool.
pub struct TransferScope(Option<TransferContext>);

impl TransferScope {
    /// Sets the context until this is dropped.
    pub fn new(transfer: TransferContext) -> TransferScope {
        TransferScope(CONTEXT.with(|now| now.borrow_mut().replace(transfer)))
    }

    /// Takes the blocks that were referred to since the last call.
    #[inline]
    pub fn take_blocks(&self) -> Vec<Arc<Block>> {
        with_context(|transfer| std::mem::take(&mut transfer.blocks)).unwrap_or_default()
    }

    /// Sets what the message about to be decoded may refer to.
    pub fn set(&self, blocks: Vec<Arc<Block>>, lendings: Vec<Arc<Lending>>) {
        with_context(|transfer| {
            (transfer.blocks, transfer.lendings, transfer.found_bytes) = (blocks, Lendings::Listed(lendings), 0);
        });
    }

    /// Takes what the messages referred to since the last call: blocks of ours, and blocks that were lent to us. `None` if
    /// there are none, as with nearly every task.
    pub fn take_used(&self) -> Option<Used> {
        let take = |transfer: &mut TransferContext| {
            let (Lendings::Listed(lent) | Lendings::Found(lent)) = &mut transfer.lendings;
            let any = !transfer.blocks.is_empty() || !lent.is_empty();
            any.then(|| (std::mem::take(&mut transfer.blocks), std::mem::take(lent)))
        };
        with_context(take).flatten()
    }
}

impl Drop for TransferScope {
    fn drop(&mut self) {
        let before = self.0.take();
        drop(CONTEXT.with(|now| std::mem::replace(&mut **now.borrow_mut(), before)));
    }
}

/// How many bytes of shared memory the value keeps that was decoded in this context.
pub fn referred_bytes() -> usize {
    let sum = |transfer: &mut TransferContext| {
        let (Lendings::Listed(lent) | Lendings::Found(lent)) = &transfer.lendings;
        lent.iter().map(|lending| lending.len()).sum::<usize>() + transfer.found_bytes
    };
    with_context(sum).unwrap_or(0)
}

/// Calls `f` with this thread's transfer context, if there is one.
#[inline]
pub fn with_context<T>(f: impl FnOnce(&mut TransferContext) -> T) -> Option<T> {
    CONTEXT.with(|transfer| transfer.borrow_mut().as_mut().map(f))
}
