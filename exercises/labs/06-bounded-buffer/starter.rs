//! Lab 06: waits in the wrong way at every place. Mend it.

use std::collections::VecDeque;

use crate::sync::{Condvar, Mutex};

/// Items on their way from producers to consumers, so many at most.
pub struct Buffer {
    items: Mutex<VecDeque<u32>>,
    capacity: usize,
    changed: Condvar,
}

impl Buffer {
    /// An empty buffer with room for `capacity` items.
    pub fn new(capacity: usize) -> Buffer {
        Buffer { items: Mutex::new(VecDeque::new()), capacity, changed: Condvar::new() }
    }

    /// Puts an item in. Waits while the buffer is full.
    pub fn put(&self, item: u32) {
        let mut items = self.items.lock().unwrap();
        if items.len() == self.capacity {
            items = self.changed.wait(items).unwrap();
        }
        items.push_back(item);
        self.changed.notify_one();
    }

    /// Takes the oldest item out. Waits while the buffer is empty.
    pub fn take(&self) -> u32 {
        let mut items = self.items.lock().unwrap();
        if items.is_empty() {
            items = self.changed.wait(items).unwrap();
        }
        let item = items.pop_front().expect("woken, so there is an item");
        self.changed.notify_one();
        item
    }
}
