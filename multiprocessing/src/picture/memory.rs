//! The memory that a picture takes in all its stages, estimated from its header; and permits for it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use lab::lang::Text;
use lab::text;

/// A picture that would take more is refused, in bytes.
const MAX: u64 = 2 << 30;
/// Bytes for each pixel besides the decoded ones: the picture in eight bits with and without alpha, and what the blur, the halving
/// and the encoder hold at their peak. The whole program peaked at 15 to 16 bytes a pixel for pictures of 5000² in grey, RGB and RGBA of
/// 8 and 16 bits (27 November 2026): the rest is for turning, and for decoders that hold more.
const STAGES: u64 = 24;

/// The total of the estimates of all pictures in work in this process.
static IN_USE: Mutex<u64> = Mutex::new(0);
static GIVEN_BACK: Condvar = Condvar::new();

/// A permit for some memory; returned when it is dropped.
pub(super) struct Leave(u64);

/// Memory for all stages of a picture. Waits for others in this process if there is not enough for all at once: an allocation that
/// fails would end the process with every picture in it.
pub(super) fn reserve(width: u32, height: u32, decoded: u64) -> Result<Leave, Text> {
    let bytes = (u64::from(width) * u64::from(height)).saturating_mul(STAGES).saturating_add(decoded);
    let needed = bytes >> 20;
    if bytes > MAX {
        let most = MAX >> 20;
        return Err(text!(
            "{width} × {height} 픽셀: 메모리 {needed} MiB가 필요한데 {most} MiB까지만 씁니다",
            "{width} × {height} pixels: it takes {needed} MiB of memory, more than {most} MiB"
        ));
    }
    let mut in_use = lock();
    while !can_allocate(*in_use + bytes) {
        if *in_use == 0 {
            return Err(text!(
                "{width} × {height} 픽셀: 메모리 {needed} MiB를 얻을 수 없습니다",
                "{width} × {height} pixels: {needed} MiB of memory cannot be had"
            ));
        }
        in_use = GIVEN_BACK.wait(in_use).unwrap_or_else(PoisonError::into_inner);
    }
    *in_use += bytes;
    Ok(Leave(bytes))
}

impl Drop for Leave {
    fn drop(&mut self) {
        *lock() -= self.0;
        GIVEN_BACK.notify_all();
    }
}

fn lock() -> MutexGuard<'static, u64> {
    IN_USE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the process may have so much more memory (`ulimit -v` says so; nothing is touched).
fn can_allocate(bytes: u64) -> bool {
    usize::try_from(bytes).is_ok_and(|bytes| Vec::<u8>::new().try_reserve_exact(bytes).is_ok())
}
