//! Arguments that the leader pulls, for calls whose results are taken one by one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use crate::unix::sync::{Mutex, lock};

/// Arguments of which more are pulled whenever those that were have been sent.
pub trait Refill: Send + Sync {
    /// Pulls some, if that is wanted now.
    fn refill(&self);

    /// Whether none were pulled because too few results had been used. Then it is up to whoever uses the next one.
    fn take_held(&self) -> bool;
}

/// All of them that a pool has.
#[derive(Default)]
pub struct Refills {
    list: Mutex<Vec<Weak<dyn Refill>>>,
    any: AtomicBool,
}

impl Refills {
    /// Has these pulled, too, as long as they exist.
    pub fn add(&self, refill: &Arc<dyn Refill>) {
        lock(&self.list).push(Arc::downgrade(refill));
        self.any.store(true, Ordering::SeqCst);
    }

    /// Pulls arguments. They may be encoded with the help of the pool, so no lock is held.
    pub fn refill(&self) {
        if !self.any.load(Ordering::Relaxed) {
            return;
        }
        let mut list = lock(&self.list);
        list.retain(|refill| refill.strong_count() > 0);
        self.any.store(!list.is_empty(), Ordering::SeqCst);
        let living: Vec<_> = list.iter().filter_map(Weak::upgrade).collect();
        drop(list);
        living.iter().for_each(|refill| refill.refill());
    }
}
