//! Wrong: sleeps a while and looks again instead of waiting.

use std::collections::VecDeque;
use std::time::Duration;

use crate::sync::{Mutex, thread};

/// Items on their way from producers to consumers, so many at most.
pub struct Buffer {
    items: Mutex<VecDeque<u32>>,
    capacity: usize,
}

impl Buffer {
    /// An empty buffer with room for `capacity` items.
    pub fn new(capacity: usize) -> Buffer {
        Buffer { items: Mutex::new(VecDeque::new()), capacity }
    }

    /// Puts an item in. Waits while the buffer is full.
    pub fn put(&self, item: u32) {
        loop {
            let mut items = self.items.lock().unwrap();
            if items.len() < self.capacity {
                items.push_back(item);
                return;
            }
            drop(items);
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Takes the oldest item out. Waits while the buffer is empty.
    pub fn take(&self) -> u32 {
        loop {
            if let Some(item) = self.items.lock().unwrap().pop_front() {
                return item;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}
