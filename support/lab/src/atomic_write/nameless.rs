//! Linux: a file without a name (`O_TMPFILE`), which gets its name when it is complete.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

use super::temporary;

pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::open(folder, flags, Mode::from_raw_mode(0o666))?);
    file.write_all(bytes)?;
    match name(&file, path) {
        // linkat(2) cannot replace a file, rename(2) can: the complete file gets a temporary name first.
        Err(Errno::EXIST) => {
            let part = temporary::name(path);
            name(&file, &part)?;
            fs::rename(&part, path).inspect_err(|_| drop(fs::remove_file(&part)))
        }
        named => Ok(named?),
    }
}

/// Gives the file its name, in the way that `open(2)` describes for callers without privileges.
fn name(file: &File, path: &Path) -> rustix::io::Result<()> {
    let file = format!("/proc/self/fd/{}", file.as_raw_fd());
    rustix::fs::linkat(CWD, file, CWD, path, AtFlags::SYMLINK_FOLLOW)
}

/// Whether the error means that the file system, or a system without /proc, does not support this.
pub(super) fn is_unsupported(e: &io::Error) -> bool {
    let unsupported = [Errno::OPNOTSUPP, Errno::ISDIR, Errno::NOENT, Errno::INVAL];
    Errno::from_io_error(e).is_some_and(|errno| unsupported.contains(&errno))
}
