//! What nobody may be waiting for, so that the pool's own thread must look after it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::unix::sync::Mutex;

/// How much there is of it, and whether the thread looks.
pub struct Attention {
    /// Tasks and calls that nobody may be waiting for.
    unattended: AtomicUsize,
    /// Iterators of results: whoever uses them leads, but may do something else between two results.
    iterators: AtomicUsize,
    /// Whether the thread sleeps until it is woken; or does not exist yet.
    pub driver_sleeps: AtomicBool,
    pub driver_leads: AtomicBool,
    pub has_driver: Mutex<bool>,
}

impl Default for Attention {
    fn default() -> Attention {
        let [unattended, iterators] = [0; 2].map(AtomicUsize::new);
        let (driver_sleeps, driver_leads) = (AtomicBool::new(true), AtomicBool::new(false));
        Attention { unattended, iterators, driver_sleeps, driver_leads, has_driver: Mutex::new(false) }
    }
}

impl Attention {
    /// There is something that nobody may be waiting for: counted before it can end.
    pub fn begin(&self) {
        self.unattended.fetch_add(1, Ordering::SeqCst);
    }

    pub fn end(&self) {
        self.unattended.fetch_sub(1, Ordering::SeqCst);
    }

    pub fn begin_iterator(&self) {
        self.iterators.fetch_add(1, Ordering::SeqCst);
    }

    pub fn end_iterator(&self) {
        self.iterators.fetch_sub(1, Ordering::SeqCst);
    }

    /// Whether the thread must lead as soon as nobody else does.
    pub fn is_unattended(&self) -> bool {
        self.unattended.load(Ordering::SeqCst) > 0
    }

    /// Whether there is anything for the thread to do, now or later.
    pub fn has_work(&self) -> bool {
        self.is_unattended() || self.iterators.load(Ordering::SeqCst) > 0
    }
}
