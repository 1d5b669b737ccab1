//! A buffer of bounded size: a mutex for the data, a condition variable for each thing that is waited for.
//!
//! This file uses nothing but `crate::sync` and std's queue, so that `tests/loom.rs` proves these very lines.

use std::collections::VecDeque;

use crate::sync::{Condvar, Mutex};

/// A bounded queue: `put` waits while it is full, `take` while it is empty.
#[derive(Debug)]
pub struct Buffer<T> {
    capacity: usize,
    items: Mutex<VecDeque<T>>,
    has_room: Condvar,
    has_items: Condvar,
}

impl<T> Buffer<T> {
    /// An empty one.
    pub fn new(capacity: usize) -> Buffer<T> {
        let items = Mutex::new(VecDeque::with_capacity(capacity));
        Buffer { capacity, items, has_room: Condvar::new(), has_items: Condvar::new() }
    }

    // ANCHOR: fixed
    /// Waits for room. Returns how many items are in it now.
    pub fn put(&self, item: T) -> usize {
        let mut items = self.items.lock();
        while items.len() == self.capacity {
            items = self.has_room.wait(items);
        }
        items.push_back(item);
        let filled = items.len();
        drop(items);
        self.has_items.notify_one();
        filled
    }

    /// Waits for an item, and takes it.
    pub fn take(&self) -> Option<T> {
        let mut items = self.items.lock();
        while items.is_empty() {
            items = self.has_items.wait(items);
        }
        let item = items.pop_front();
        drop(items);
        self.has_room.notify_one();
        item
    }
    // ANCHOR_END: fixed

    // ANCHOR: broken
    /// Broken: being woken is taken for "there is an item". Another consumer may have taken it in between, and wakeups may be spurious.
    pub fn take_if(&self) -> Option<T> {
        let mut items = self.items.lock();
        if items.is_empty() {
            items = self.has_items.wait(items);
        }
        let item = items.pop_front();
        drop(items);
        if item.is_some() {
            self.has_room.notify_one();
        }
        item
    }
    // ANCHOR_END: broken
}

/// Broken: one condition variable for both conditions. The thread that is woken may be one that still cannot go on.
#[derive(Debug)]
pub struct OneBell<T> {
    capacity: usize,
    items: Mutex<VecDeque<T>>,
    bell: Condvar,
}

impl<T> OneBell<T> {
    /// An empty one.
    pub fn new(capacity: usize) -> OneBell<T> {
        OneBell { capacity, items: Mutex::new(VecDeque::with_capacity(capacity)), bell: Condvar::new() }
    }

    /// Waits for room.
    pub fn put(&self, item: T) {
        let mut items = self.items.lock();
        while items.len() == self.capacity {
            items = self.bell.wait(items);
        }
        items.push_back(item);
        drop(items);
        self.bell.notify_one();
    }

    /// Waits for an item, and takes it.
    pub fn take(&self) -> Option<T> {
        let mut items = self.items.lock();
        while items.is_empty() {
            items = self.bell.wait(items);
        }
        let item = items.pop_front();
        drop(items);
        self.bell.notify_one();
        item
    }
}
