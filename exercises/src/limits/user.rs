//! A uid for each submission, if the grader is root.

use std::path::Path;

/// A uid that no process of another submission has, or `None` unless the grader is root.
#[cfg(target_os = "linux")]
pub fn own_user() -> Option<u32> {
    use std::sync::atomic::{AtomicU32, Ordering};

    static NEXT: AtomicU32 = AtomicU32::new(0);
    /// Above the uids that systems give to people, services and containers (subuids end below this by default), and below 2³¹.
    const FIRST: u32 = 1_700_000_000;
    /// Submissions of one grader.
    const EACH: u32 = 4096;

    if !rustix::process::geteuid().is_root() {
        return None;
    }
    // Graders that run at the same time have different process ids.
    let grader = std::process::id() % 100_000;
    Some(FIRST + grader * EACH % 400_000_000 + NEXT.fetch_add(1, Ordering::Relaxed) % EACH)
}

/// Only Linux has the rest of what a separate uid is good for here.
#[cfg(not(target_os = "linux"))]
pub fn own_user() -> Option<u32> {
    None
}

/// Whether one of these is below a folder that a user without rights cannot enter.
#[cfg(unix)]
pub fn cannot_reach<'a>(paths: impl IntoIterator<Item = &'a std::path::PathBuf>) -> bool {
    use std::os::unix::fs::MetadataExt;

    let closed = |folder: &Path| folder.metadata().is_ok_and(|m| m.is_dir() && m.mode() & 0o001 == 0);
    paths.into_iter().any(|path| {
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        real.ancestors().any(closed)
    })
}

#[cfg(not(unix))]
pub fn cannot_reach<'a>(_: impl IntoIterator<Item = &'a std::path::PathBuf>) -> bool {
    false
}
