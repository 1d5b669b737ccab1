//! Wrong: an `if` where a `while` belongs: who is woken need not find what it was promised.

use std::collections::VecDeque;

use crate::sync::{Condvar, Mutex};

/// Items on their way from producers to consumers, so many at most.
pub struct Buffer {
    items: Mutex<VecDeque<u32>>,
    capacity: usize,
    not_full: Condvar,
    not_empty: Condvar,
}

impl Buffer {
    /// An empty buffer with room for `capacity` items.
    pub fn new(capacity: usize) -> Buffer {
        Buffer { items: Mutex::new(VecDeque::new()), capacity, not_full: Condvar::new(), not_empty: Condvar::new() }
    }

    /// Puts an item in. Waits while the buffer is full.
    pub fn put(&self, item: u32) {
        let mut items = self.items.lock().unwrap();
        if items.len() == self.capacity {
            items = self.not_full.wait(items).unwrap();
        }
        items.push_back(item);
        self.not_empty.notify_one();
    }

    /// Takes the oldest item out. Waits while the buffer is empty.
    pub fn take(&self) -> u32 {
        let mut items = self.items.lock().unwrap();
        if items.is_empty() {
            items = self.not_empty.wait(items).unwrap();
        }
        let item = items.pop_front().expect("woken, so there is an item");
        self.not_full.notify_one();
        item
    }
}
