//! Files that are whole or not there, even when their writer is killed in the middle.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Writes a file. What was there stays until the new one is whole.
///
/// On Linux the file gets its name when it is whole: until then it has none, and the system throws it away if we die. Elsewhere,
/// and on file systems that know no files without a name, it is written under another name, which a killed process leaves behind.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    match nameless::write(path, bytes) {
        Err(e) if nameless::is_unknown(&e) => {}
        done => return done,
    }
    by_another_name(path, bytes)
}

fn by_another_name(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = part(path);
    let written = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    written
}

/// Whether a file could be written there: what is tried leaves nothing behind.
pub(super) fn can_replace(path: &Path) -> io::Result<()> {
    let part = part(path);
    std::fs::write(&part, b"")?;
    std::fs::remove_file(&part)
}

/// A name in the same folder that nobody else uses. Short: with the file's own name in it, it could be longer than names may be.
fn part(path: &Path) -> std::path::PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    path.with_file_name(format!(".{}-{}.part", std::process::id(), NEXT.fetch_add(1, Relaxed)))
}

#[cfg(target_os = "linux")]
mod nameless {
    use std::fs::{self, File};
    use std::io::{self, Write};
    use std::os::fd::AsRawFd;
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, Mode, OFlags};
    use rustix::io::Errno;

    pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        let mut file = File::from(rustix::fs::open(folder, flags, Mode::from_raw_mode(0o666))?);
        file.write_all(bytes)?;
        match name(&file, path) {
            // Nobody can be given a name that is taken, but renaming replaces: for an instant the whole file has another name.
            Err(Errno::EXIST) => {
                let part = super::part(path);
                name(&file, &part)?;
                fs::rename(&part, path).inspect_err(|_| drop(fs::remove_file(&part)))
            }
            named => Ok(named?),
        }
    }

    /// `open(2)` tells this way to name it, which needs no privilege.
    fn name(file: &File, path: &Path) -> rustix::io::Result<()> {
        let file = format!("/proc/self/fd/{}", file.as_raw_fd());
        rustix::fs::linkat(CWD, file, CWD, path, AtFlags::SYMLINK_FOLLOW)
    }

    /// Whether a file system, or a system without /proc, cannot do this at all.
    pub(super) fn is_unknown(e: &io::Error) -> bool {
        let unknown = [Errno::OPNOTSUPP, Errno::ISDIR, Errno::NOENT, Errno::INVAL];
        Errno::from_io_error(e).is_some_and(|errno| unknown.contains(&errno))
    }
}

#[cfg(test)]
mod tests {
    use super::replace as write;
    use super::*;
    use std::fs;

    type Write = fn(&Path, &[u8]) -> io::Result<()>;

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        for write in [write as Write, by_another_name] {
            let home = tempfile::tempdir().unwrap();
            let path = home.path().join(format!("{}.jpg", "긴".repeat(83)));
            for bytes in [&b"first"[..], b"", b"second"] {
                write(&path, bytes).unwrap();
                assert_eq!(fs::read(&path).unwrap(), bytes);
                assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
            }
        }
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing() {
        for write in [write as Write, by_another_name] {
            let home = tempfile::tempdir().unwrap();
            assert!(write(&home.path().join("no/such/folder"), b"x").is_err());
            fs::create_dir(home.path().join("taken")).unwrap();
            assert!(write(&home.path().join("taken"), b"x").is_err(), "a folder is not replaced");
            assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
        }
    }

    /// Whether somebody who looks all the time sees a file that is not whole while one is written.
    fn half_is_seen(write: Write) -> bool {
        let home = tempfile::tempdir().unwrap();
        let (path, bytes) = (home.path().join("a.jpg"), vec![7; 64 << 20]);
        let sizes = || {
            let entries = fs::read_dir(home.path()).unwrap().flatten();
            entries.filter_map(|entry| Some(entry.metadata().ok()?.len())).collect::<Vec<_>>()
        };
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| write(&path, &bytes).unwrap());
            let mut seen = false;
            while !writer.is_finished() {
                seen |= sizes().iter().any(|size| *size < bytes.len() as u64);
            }
            seen
        })
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn half_a_file_is_never_seen_under_any_name() {
        let home = tempfile::tempdir().unwrap();
        if nameless::write(&home.path().join("a"), b"").is_err() {
            println!("not measured: this file system knows no files without a name");
            return;
        }
        let write_as_usual: Write = |path, bytes| fs::write(path, bytes);
        for known_wrong in [write_as_usual, by_another_name] {
            // On a busy machine whoever looks may be late; who writes 64 MiB is not always so quick.
            assert!((0..20).any(|_| half_is_seen(known_wrong)), "the known-wrong twin");
        }
        assert!((0..3).all(|_| !half_is_seen(write)));
    }
}
