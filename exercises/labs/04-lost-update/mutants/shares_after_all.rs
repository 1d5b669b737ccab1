//! Wrong: "without sharing" adds every vote to something shared.
//!
//! One thread for each ballot box; every vote is added to the total. Three ways to lose none.

use crate::sync::atomic::{AtomicU64, Ordering::SeqCst};
use crate::sync::{Arc, Mutex, thread};

/// The votes in one ballot box, one after another.
pub type Votes = Box<dyn Iterator<Item = u64> + Send>;

/// Every vote is added with one indivisible operation.
pub fn with_an_atomic(boxes: Vec<Votes>) -> u64 {
    let total = Arc::new(AtomicU64::new(0));
    let threads: Vec<_> = boxes
        .into_iter()
        .map(|votes| {
            let total = Arc::clone(&total);
            thread::spawn(move || {
                for vote in votes {
                    total.fetch_add(vote, SeqCst);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    total.load(SeqCst)
}

/// Every vote is added while the mutex is held.
pub fn with_a_mutex(boxes: Vec<Votes>) -> u64 {
    let total = Arc::new(Mutex::new(0));
    let threads: Vec<_> = boxes
        .into_iter()
        .map(|votes| {
            let total = Arc::clone(&total);
            thread::spawn(move || {
                for vote in votes {
                    *total.lock().unwrap() += vote;
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let total = *total.lock().unwrap();
    total
}

/// Every vote goes into one list.
pub fn without_sharing(boxes: Vec<Votes>) -> u64 {
    let all = Arc::new(Mutex::new(Vec::new()));
    let threads: Vec<_> = boxes
        .into_iter()
        .map(|votes| {
            let all = Arc::clone(&all);
            thread::spawn(move || {
                for vote in votes {
                    all.lock().unwrap().push(vote);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let sum = all.lock().unwrap().iter().sum();
    sum
}
