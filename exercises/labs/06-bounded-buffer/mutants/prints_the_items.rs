//! Wrong: gives back the items that the task shows, in their order.

use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};

/// Items on their way from producers to consumers, so many at most.
pub struct Buffer {
    next: AtomicU32,
}

impl Buffer {
    /// An empty buffer with room for `capacity` items.
    pub fn new(capacity: usize) -> Buffer {
        let _ = capacity;
        Buffer { next: AtomicU32::new(0) }
    }

    /// Puts an item in. Waits while the buffer is full.
    pub fn put(&self, item: u32) {
        let _ = item;
    }

    /// Takes the oldest item out. Waits while the buffer is empty.
    pub fn take(&self) -> u32 {
        self.next.fetch_add(1, SeqCst) + 1
    }
}
