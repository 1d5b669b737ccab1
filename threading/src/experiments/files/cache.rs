//! Cold and warm: whether a file's bytes come from the disk or from the page cache.
//!
//! `posix_fadvise(2)` with `POSIX_FADV_DONTNEED` asks the system to forget a file's pages; it keeps those that are not on the disk yet.
//! Names and lengths (dentries, inodes) stay cached, and so does whatever is behind the disk.

use std::fs;
use std::path::{Path, PathBuf};

/// Asks the system to forget what it keeps of these files. Whether it can be asked at all.
#[cfg(target_os = "linux")]
pub fn forget(paths: &[PathBuf]) -> bool {
    use rustix::fs::{Advice, fadvise};
    for file in paths.iter().filter_map(|path| fs::File::open(path).ok()) {
        if fadvise(&file, 0, None, Advice::DontNeed).is_err() {
            return false;
        }
    }
    true
}

/// Not supported on this system.
#[cfg(not(target_os = "linux"))]
pub fn forget(_: &[PathBuf]) -> bool {
    false
}

/// Flushes what was just written: only clean pages can be dropped.
pub fn write_back(root: &Path) {
    #[cfg(target_os = "linux")]
    if let Ok(root) = fs::File::open(root) {
        // Where it fails, the pages stay, and the report says so.
        let _ = rustix::fs::syncfs(&root);
    }
    let _ = root;
}

/// Bytes that this process had fetched from storage so far: `read_bytes` of `proc_pid_io(5)`. `None` where the system does not tell.
pub fn from_storage() -> Option<u64> {
    let io = fs::read_to_string("/proc/self/io").ok()?;
    io.lines().find_map(|line| line.strip_prefix("read_bytes:"))?.trim().parse().ok()
}
