//! A cache behind a readers-writer lock: two threads ask at once while it is empty. How often is the value computed?

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use lab::{Result, text};
use parking_lot::{RwLock, RwLockUpgradableReadGuard};

use crate::outcomes::Class::{Acceptable, Forbidden, Interesting};
use crate::outcomes::Outcome;
use crate::start_barrier::start_together;

/// A value that is computed when it is asked for the first time. `between` comes between the look and the change.
type Get = fn(cache: &RwLock<Option<u64>>, compute: &dyn Fn() -> u64, between: &dyn Fn()) -> u64;

// ANCHOR: broken
/// Broken: between the read lock and the write lock another writer may come in.
pub fn check_then_write(cache: &RwLock<Option<u64>>, compute: &dyn Fn() -> u64, between: &dyn Fn()) -> u64 {
    let seen = *cache.read();
    if let Some(value) = seen {
        return value;
    }
    between();
    *cache.write().insert(compute())
}
// ANCHOR_END: broken

// ANCHOR: fixed
/// Fixed: check again under the write lock.
pub fn check_again(cache: &RwLock<Option<u64>>, compute: &dyn Fn() -> u64, between: &dyn Fn()) -> u64 {
    let seen = *cache.read();
    if let Some(value) = seen {
        return value;
    }
    between();
    *cache.write().get_or_insert_with(compute)
}
// ANCHOR_END: fixed

/// Fixed with a lock that can be upgraded: readers may be in beside it, another one that might write may not.
pub fn upgrade(cache: &RwLock<Option<u64>>, compute: &dyn Fn() -> u64, between: &dyn Fn()) -> u64 {
    let seen = cache.upgradable_read();
    if let Some(value) = *seen {
        return value;
    }
    between();
    *RwLockUpgradableReadGuard::upgrade(seen).insert(compute())
}

const ONCE: Outcome = Outcome {
    id: "once",
    class: Acceptable,
    name: || text!("한 번 계산", "computed once"),
    why: || text!("나중 스레드는 저장된 값을 읽음", "the later thread finds the value"),
};
const TWICE: Outcome = Outcome {
    id: "twice",
    class: Interesting,
    name: || text!("두 번 계산", "computed twice"),
    why: || text!("둘 다 비어 있다고 판단함", "both saw that it was empty"),
};
const BROKEN: &[Outcome] = &[ONCE, TWICE];
const FIXED: &[Outcome] = &[
    ONCE,
    Outcome {
        class: Forbidden,
        why: || text!("쓰기 락을 쥐고 다시 확인함", "checked again under the write lock"),
        ..TWICE
    },
];

/// All variants, and what may come out when two threads ask at once.
pub const VARIANTS: [(&str, Get, &[Outcome]); 3] = [
    ("check_then_write", check_then_write, BROKEN),
    ("check_again", check_again, FIXED),
    ("upgradable_read", upgrade, FIXED),
];

/// Two threads ask an empty cache at once. How often the value was computed, as an outcome.
pub fn ask_twice(get: Get, between: &(dyn Fn() + Sync)) -> Result<&'static str> {
    let (cache, computed) = (RwLock::new(None), AtomicU64::new(0));
    start_together(2, |_| get(&cache, &|| computed.fetch_add(1, Relaxed) + 1, between))?;
    Ok(match computed.into_inner() {
        1 => "once",
        2 => "twice",
        _ => "never",
    })
}
