//! The name under which a file is written until it is whole.

use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A name in the same folder that nobody else uses. Short: with the file's own name in it, it could be longer than names may be.
pub(super) fn name(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    path.with_file_name(format!(".{}-{}.part", process::id(), NEXT.fetch_add(1, Relaxed)))
}
