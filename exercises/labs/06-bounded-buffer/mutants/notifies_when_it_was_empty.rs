//! Wrong: signals only if the buffer was empty; of two who wait the second is forgotten.

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
        while items.len() == self.capacity {
            items = self.not_full.wait(items).unwrap();
        }
        let was_empty = items.is_empty();
        items.push_back(item);
        if was_empty {
            self.not_empty.notify_one();
        }
    }

    /// Takes the oldest item out. Waits while the buffer is empty.
    pub fn take(&self) -> u32 {
        let mut items = self.items.lock().unwrap();
        loop {
            if let Some(item) = items.pop_front() {
                self.not_full.notify_one();
                return item;
            }
            items = self.not_empty.wait(items).unwrap();
        }
    }
}
