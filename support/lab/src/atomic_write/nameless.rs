//! Linux: a file without a name, which gets one when it is whole.

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
        // Nobody can be given a name that is taken, but renaming replaces: for an instant the whole file has another name.
        Err(Errno::EXIST) => {
            let part = temporary::name(path);
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
