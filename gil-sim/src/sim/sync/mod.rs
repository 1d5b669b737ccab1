//! What a lock is made of, in virtual time: a futex mutex, a condition variable, a semaphore, as glibc has them on Linux.

mod condvar;
mod mutex;
mod semaphore;

pub use condvar::{Condvar, RepeatedWait};
pub use mutex::Mutex;
pub use semaphore::Semaphore;
