//! The copy of a submission: made its own, added up, read without being led elsewhere, removed.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Bytes and entries in a folder, without following links. Counting ends soon after `most` entries.
#[cfg(target_os = "linux")]
pub(super) fn size(folder: &Path, most: u64) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;

    let (mut bytes, mut entries) = (0, 0);
    let mut folders: Vec<PathBuf> = vec![folder.into()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(about) = entry.metadata() else { continue };
            entries += 1;
            // A sparse file takes no room.
            bytes += about.blocks() * 512;
            if about.is_dir() {
                folders.push(entry.path());
            }
            if entries > most {
                return (bytes, entries);
            }
        }
    }
    (bytes, entries)
}

/// Gives a folder and all in it to a user, and closes it to all others.
#[cfg(unix)]
pub fn make_own(folder: &Path, user: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::{PermissionsExt, lchown};

    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    let Some(user) = user else { return Ok(()) };
    let mut paths: Vec<PathBuf> = vec![folder.into()];
    while let Some(path) = paths.pop() {
        if path.symlink_metadata()?.is_dir() {
            for entry in fs::read_dir(&path)? {
                paths.push(entry?.path());
            }
        }
        lchown(&path, Some(user), Some(user))?;
    }
    Ok(())
}

/// Windows has neither.
#[cfg(not(unix))]
pub fn make_own(_: &Path, _: Option<u32>) -> io::Result<()> {
    Ok(())
}

/// Reads a file that a submission wrote, at most `most` bytes. It may have put a link to somebody else's file there, or a pipe
/// that nobody writes to: a link and anything but a regular file is an error. Nothing of it may be running any more.
pub fn read_result(folder: &Path, name: &str, most: u64) -> io::Result<Vec<u8>> {
    let file = open_in(folder, name)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    if about.len() > most {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("{} bytes", about.len())));
    }
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether [`read_result`] met a link.
pub fn is_link(e: &io::Error) -> bool {
    #[cfg(target_os = "linux")]
    return e.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
    #[cfg(not(target_os = "linux"))]
    return e.kind() == io::ErrorKind::InvalidInput;
}

/// Without following a link in any part of `name`, and without waiting for the other end of a pipe.
#[cfg(target_os = "linux")]
fn open_in(folder: &Path, name: &str) -> io::Result<fs::File> {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};

    let dir = openat(CWD, folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat2(dir, name, flags, Mode::empty(), ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS)?;
    Ok(file.into())
}

#[cfg(not(target_os = "linux"))]
fn open_in(folder: &Path, name: &str) -> io::Result<fs::File> {
    let path = folder.join(name);
    if path.symlink_metadata()?.is_symlink() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    if !path.symlink_metadata()?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    fs::File::open(path)
}

/// Removes a folder with all that a submission made of it.
pub fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => remove_flat(folder).map_err(|_| e),
        _ => Ok(()),
    }
}

/// For a tree that is too deep for std, which keeps a file open for each level, or whose folders its owner closed: moves every
/// folder up to the top before it is emptied, so that no path grows long.
fn remove_flat(top: &Path) -> io::Result<()> {
    open_up(top);
    let mut number = 0_u64;
    loop {
        let mut folders = 0;
        for entry in fs::read_dir(top)? {
            let path = entry?.path();
            if !path.symlink_metadata()?.is_dir() {
                fs::remove_file(&path)?;
                continue;
            }
            folders += 1;
            open_up(&path);
            for inner in fs::read_dir(&path)? {
                let inner = inner?.path();
                if inner.symlink_metadata()?.is_dir() {
                    open_up(&inner);
                    number += 1;
                    fs::rename(&inner, top.join(format!("removed-{}-{number}", std::process::id())))?;
                } else {
                    fs::remove_file(&inner)?;
                }
            }
            fs::remove_dir(&path)?;
        }
        if folders == 0 {
            return fs::remove_dir(top);
        }
    }
}

#[cfg(unix)]
fn open_up(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;

    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
}

#[cfg(not(unix))]
fn open_up(_: &Path) {}
