//! Wakes a thread that waits in `poll`.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

/// What becomes readable, and what rings it.
pub fn new() -> io::Result<(OwnedFd, OwnedFd)> {
    let (bell, ringer) = rustix::pipe::pipe()?;
    for end in [&bell, &ringer] {
        rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC)?;
        rustix::fs::fcntl_setfl(end, rustix::fs::OFlags::NONBLOCK)?;
    }
    Ok((bell, ringer))
}

/// A full pipe rings, too.
pub fn ring(ringer: &OwnedFd) {
    let _ = rustix::io::write(ringer, &[0]);
}

/// Silences it.
pub fn silence(bell: impl AsFd) {
    let mut bytes = [0; 64];
    while matches!(rustix::io::read(bell.as_fd(), &mut bytes), Ok(n) if n == bytes.len()) {}
}
