//! How much memory a picture takes in all its stages, estimated from its header, and a reservation of so much.

use std::env;
use std::fs::{File, TryLockError};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use lab::lang::Text;
use lab::text;

use super::available;

/// A picture that would take more bytes is refused.
const MAX: u64 = 2 << 30;
/// Bytes for each pixel besides the decoded ones: the picture in eight bits with and without alpha, and the buffers of blur, halving
/// and encoder at their peak. The whole program peaked at 15 to 16 bytes a pixel for pictures of 5000² in grey, RGB and RGBA of
/// 8 and 16 bits (27 November 2026). The rest is a margin for turning, and for decoders with larger buffers.
const STAGES: u64 = 24;

/// A picture that takes more than this part of what is left is processed by one process of this program at a time.
const LARGE_PART: u64 = 4;
/// How long a picture waits for memory that small pictures of other processes hold.
const WAIT: Duration = Duration::from_secs(20);
/// How long a large picture waits for those of other processes.
const LOCK_WAIT: Duration = Duration::from_secs(600);
/// How often a waiting picture looks again.
const LOOK: Duration = Duration::from_millis(20);

/// The sum of all reservations in this process, in bytes.
static RESERVED: Mutex<u64> = Mutex::new(0);
static RELEASED: Condvar = Condvar::new();

/// Bytes that are reserved until this is dropped.
pub(super) struct Reservation {
    bytes: u64,
    _alone: Option<File>,
}

/// Reserves memory for all stages of a picture. Waits for other pictures if there is not enough for all at once: an allocation that
/// fails, or memory that the kernel cannot give, would end the process with every picture in it.
///
/// Small pictures of other processes are not counted before they use their memory. If they are too many the kernel kills a worker,
/// and the pool does its picture again.
pub(super) fn reserve(width: u32, height: u32, decoded: u64) -> Result<Reservation, Text> {
    let bytes = (u64::from(width) * u64::from(height)).saturating_mul(STAGES).saturating_add(decoded);
    let needed = bytes >> 20;
    if bytes > MAX {
        let most = MAX >> 20;
        return Err(text!(
            "{width} × {height} 픽셀: 메모리 {needed} MiB가 필요한데 {most} MiB까지만 씁니다",
            "{width} × {height} pixels: it takes {needed} MiB of memory, more than {most} MiB"
        ));
    }
    reserve_bytes(bytes).ok_or_else(|| {
        text!(
            "{width} × {height} 픽셀: 메모리 {needed} MiB를 얻을 수 없습니다",
            "{width} × {height} pixels: {needed} MiB of memory are not available"
        )
    })
}

fn reserve_bytes(bytes: u64) -> Option<Reservation> {
    let is_large = available::memory().is_some_and(|memory| bytes > memory.left / LARGE_PART);
    let alone = if is_large { lock_among_processes() } else { None };
    let until = Instant::now() + WAIT;
    let mut reserved = lock();
    loop {
        match availability(*reserved + bytes) {
            Availability::Now => break,
            Availability::Later if Instant::now() < until => {}
            _ if *reserved == 0 => return None,
            _ => {} // another picture of this process will release its memory
        }
        reserved = RELEASED.wait_timeout(reserved, LOOK).unwrap_or_else(PoisonError::into_inner).0;
    }
    *reserved += bytes;
    Some(Reservation { bytes, _alone: alone })
}

/// Waits until no other process or thread has this lock. It is released with the file, or with the process, however that ends.
/// `None` where there are no such locks, or if it is held for too long.
fn lock_among_processes() -> Option<File> {
    let file = File::open(env::current_exe().ok()?).ok()?;
    let until = Instant::now() + LOCK_WAIT;
    loop {
        match file.try_lock() {
            Ok(()) => return Some(file),
            Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(LOOK),
            Err(_) => return None,
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        *lock() -= self.bytes;
        RELEASED.notify_all();
    }
}

fn lock() -> MutexGuard<'static, u64> {
    RESERVED.lock().unwrap_or_else(PoisonError::into_inner)
}

enum Availability {
    Now,
    /// When other processes have released theirs.
    Later,
    Never,
}

/// Whether this process can have so much more memory: by its control groups and the machine, and by its own address space
/// (`ulimit -v`), which an allocation that is never touched tells.
fn availability(bytes: u64) -> Availability {
    let is_addressable = usize::try_from(bytes).is_ok_and(|n| Vec::<u8>::new().try_reserve_exact(n).is_ok());
    match available::memory() {
        _ if !is_addressable => Availability::Never,
        Some(memory) if bytes > memory.limit => Availability::Never,
        Some(memory) if bytes > memory.left => Availability::Later,
        _ => Availability::Now,
    }
}
