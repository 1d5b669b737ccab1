//! How much memory a picture takes in all its stages, estimated from its header, and a reservation of so much.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use lab::lang::Text;
use lab::text;

use super::available;

/// A picture that would take more is refused, in bytes.
const MAX: u64 = 2 << 30;
/// Bytes for each pixel besides the decoded ones: the picture in eight bits with and without alpha, and what the blur, the halving
/// and the encoder hold at their peak. The whole program peaked at 15 to 16 bytes a pixel for pictures of 5000² in grey, RGB and RGBA of
/// 8 and 16 bits (27 November 2026): the rest is for turning, and for decoders that hold more.
const STAGES: u64 = 24;

/// The sum of all reservations in this process, in bytes.
static RESERVED: Mutex<u64> = Mutex::new(0);
static RELEASED: Condvar = Condvar::new();

/// Bytes that are reserved until this is dropped.
pub(super) struct Reservation(u64);

/// Reserves memory for all stages of a picture. Waits for other pictures in this process if there is not enough for all at once: an
/// allocation that fails, or memory that the kernel cannot give, would end the process with every picture in it.
///
/// Other processes are not asked: two workers may both see the same memory free. The kernel then kills one of them, and the pool
/// does its picture again.
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
    let mut reserved = lock();
    while !is_available(*reserved + bytes) {
        if *reserved == 0 {
            return Err(text!(
                "{width} × {height} 픽셀: 메모리 {needed} MiB를 얻을 수 없습니다",
                "{width} × {height} pixels: {needed} MiB of memory are not available"
            ));
        }
        reserved = RELEASED.wait(reserved).unwrap_or_else(PoisonError::into_inner);
    }
    *reserved += bytes;
    Ok(Reservation(bytes))
}

impl Drop for Reservation {
    fn drop(&mut self) {
        *lock() -= self.0;
        RELEASED.notify_all();
    }
}

fn lock() -> MutexGuard<'static, u64> {
    RESERVED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether this process can have so much more memory: by its control groups and the machine, and by its own address space
/// (`ulimit -v`), which an allocation that is never touched tells.
fn is_available(bytes: u64) -> bool {
    available::bytes().is_none_or(|available| bytes <= available)
        && usize::try_from(bytes).is_ok_and(|bytes| Vec::<u8>::new().try_reserve_exact(bytes).is_ok())
}
