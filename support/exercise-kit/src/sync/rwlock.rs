//! `std::sync::RwLock`, recorded. As one lock: readers exclude each other too, so that a lock a reader holds has one holder that can be
//! named. What a program may do with it, it may do with std's.

use std::ops::{Deref, DerefMut};
use std::sync::{LockResult, PoisonError};

use super::mutex::{Mutex, MutexGuard};

/// `std::sync::RwLock`.
#[derive(Debug)]
pub struct RwLock<T>(Mutex<T>);

/// `std::sync::RwLockReadGuard`.
#[derive(Debug)]
pub struct RwLockReadGuard<'a, T>(MutexGuard<'a, T>);

/// `std::sync::RwLockWriteGuard`.
#[derive(Debug)]
pub struct RwLockWriteGuard<'a, T>(MutexGuard<'a, T>);

impl<T: 'static> RwLock<T> {
    /// A free lock.
    #[track_caller]
    pub fn new(value: T) -> RwLock<T> {
        RwLock(Mutex::new(value))
    }
}

impl<T> RwLock<T> {
    /// Waits until it may read.
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        Ok(RwLockReadGuard(self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Waits until it may write.
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        Ok(RwLockWriteGuard(self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// The value, without a lock: nobody else has it any more.
    pub fn into_inner(self) -> LockResult<T> {
        self.0.into_inner()
    }
}

impl<T> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}
