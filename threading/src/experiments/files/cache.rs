//! Cold and warm: whether a file's bytes come from the disk or from the page cache.
//!
//! `posix_fadvise(2)` with `POSIX_FADV_DONTNEED` asks the system to drop a file's cached pages; it keeps those that are not written to
//! disk yet. Names and lengths (dentries, inodes) stay cached, and so do caches behind the disk.

use std::fs;
use std::path::{Path, PathBuf};

/// Asks the system to drop the cached pages of these files. Returns whether it can be asked.
#[cfg(target_os = "linux")]
pub fn drop_cached(paths: &[PathBuf]) -> bool {
    use rustix::fs::{Advice, fadvise};
    for file in paths.iter().filter_map(|path| fs::File::open(path).ok()) {
        if fadvise(&file, 0, None, Advice::DontNeed).is_err() {
            return false;
        }
    }
    true
}

#[cfg(not(target_os = "linux"))]
pub fn drop_cached(_: &[PathBuf]) -> bool {
    false
}

/// Writes new files to the disk: only then can their cached pages be dropped.
pub fn write_back(root: &Path) {
    #[cfg(target_os = "linux")]
    if let Ok(root) = fs::File::open(root) {
        // If this fails the pages stay cached, and the report says so.
        let _ = rustix::fs::syncfs(&root);
    }
    let _ = root;
}

/// Bytes that were read from storage for this process so far: `read_bytes` of `proc_pid_io(5)`.
pub fn from_storage() -> Option<u64> {
    let io = fs::read_to_string("/proc/self/io").ok()?;
    io.lines().find_map(|line| line.strip_prefix("read_bytes:"))?.trim().parse().ok()
}
