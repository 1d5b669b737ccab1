//! Wrong: producers and consumers wait for the same signal, and it wakes only one of them: the wrong one.

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
        while items.len() == self.capacity {
            items = self.changed.wait(items).unwrap();
        }
        items.push_back(item);
        self.changed.notify_one();
    }

    /// Takes the oldest item out. Waits while the buffer is empty.
    pub fn take(&self) -> u32 {
        let mut items = self.items.lock().unwrap();
        loop {
            if let Some(item) = items.pop_front() {
                self.changed.notify_one();
                return item;
            }
            items = self.changed.wait(items).unwrap();
        }
    }
}
