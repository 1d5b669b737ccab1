//! The temporary name of a file until it is complete.

use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A unique name in the same folder. It does not contain the file's own name, which may already have the greatest length.
pub(super) fn name(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    path.with_file_name(format!(".{}-{}.part", process::id(), NEXT.fetch_add(1, Relaxed)))
}
