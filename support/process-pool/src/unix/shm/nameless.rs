//! Memory without a name: freed with the last process that holds it.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::claims::CLAIMS;
use super::map::{HEAD, map};

/// Arena sizes to try, largest first: only address space until something is written, but that may be limited.
const SIZES: [u64; 3] = [64 << 30, 2 << 30, 64 << 20];

/// Memory without a name, as large as the system allows, and its size.
pub fn anonymous() -> io::Result<(OwnedFd, usize)> {
    // Older kernels and sandboxes lack memfd, but have files; their file systems may be full.
    memory().and_then(sized).or_else(|refused| {
        let folders = [PathBuf::from("/dev/shm"), std::env::temp_dir()];
        let mut last = refused;
        for folder in folders {
            match unlinked(&folder).and_then(|file| reserve_head(&file).map(|()| file)).and_then(sized) {
                Ok(memory) => return Ok(memory),
                Err(e) => last = e,
            }
        }
        Err(last)
    })
}

/// Makes a file as long as the system allows.
fn sized(file: File) -> io::Result<(OwnedFd, usize)> {
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
fn memory() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};
    // The name appears only in /proc.
    Ok(memfd_create("pool", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?.into())
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn memory() -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// An unlinked file.
fn unlinked(folder: &Path) -> io::Result<File> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!(".pool-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let path = folder.join(name);
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// Allocates what is written without asking: the pages of the claims.
fn reserve_head(mut file: &File) -> io::Result<()> {
    file.write_all(&[0; CLAIMS])?;
    // The file system may find out later that it is full.
    file.sync_data()
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

/// Whether this memory cannot shrink, and is no file of a file system that may be full.
pub(super) fn is_sealed(memory: BorrowedFd<'_>) -> bool {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    return rustix::fs::fcntl_get_seals(memory).is_ok_and(|seals| seals.contains(rustix::fs::SealFlags::SHRINK));
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    {
        let _ = memory;
        false
    }
}
