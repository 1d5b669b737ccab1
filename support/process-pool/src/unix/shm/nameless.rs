//! Memory without a name: freed with the last process that holds it.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};

use super::HEAD;
use super::map::map;

/// Arena sizes to try, largest first: only address space until something is written, but that may be limited.
const SIZES: [u64; 3] = [64 << 30, 2 << 30, 64 << 20];

/// Memory without a name, as large as the system allows, and its size.
pub fn anonymous() -> io::Result<(OwnedFd, usize)> {
    let file = nameless()?;
    let mut refused = io::Error::from(io::ErrorKind::FileTooLarge);
    let longest = longest_file();
    for size in SIZES.map(|size| size.min(longest)) {
        // Both the file and the mapping must be able to be that long.
        if size <= HEAD as u64 {
            continue;
        }
        let fits = file.set_len(size).and_then(|()| map(file.as_fd(), size_of_address(size)?).map(drop));
        match fits {
            Ok(()) => {
                seal(&file);
                return Ok((file.into(), size_of_address(size)?));
            }
            Err(e) => refused = e,
        }
    }
    Err(refused)
}

/// What `ulimit -f` allows: making a longer file raises SIGXFSZ.
fn longest_file() -> u64 {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Fsize).current;
    limit.unwrap_or(u64::MAX) & !(HEAD as u64 - 1)
}

fn size_of_address(size: u64) -> io::Result<usize> {
    usize::try_from(size).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
fn nameless() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    // The name appears only in /proc. Older kernels and sandboxes lack memfd, but have files.
    memfd_create("pool", flags).map(File::from).or_else(|_| unlinked())
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn nameless() -> io::Result<File> {
    unlinked()
}

/// An unlinked file in the folder for temporary files.
fn unlinked() -> io::Result<File> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!(".pool-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(name);
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// Forbids shrinking: reading behind the end of a mapped file raises SIGBUS.
fn seal(file: &File) {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    {
        use rustix::fs::{SealFlags, fcntl_add_seals};
        // An unlinked file cannot be sealed, but has no name by which others could open it.
        let _ = fcntl_add_seals(file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL);
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    let _ = file;
}
