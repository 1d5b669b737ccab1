//! A file whose bytes come late: what a slow disk or a network file system does now and then, this one does every time.

use std::io::{self, PipeReader, Write};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

/// What is in it.
pub const CONTENT: &[u8] = b"late";

/// A pipe, under the name that the system gives an open file. Reading it blocks, as reading a slow disk does, until the bytes are
/// there; unlike a named pipe it cannot block for ever, since it ends with its writer.
pub struct SlowFile {
    pub path: PathBuf,
    _open: PipeReader,
}

impl SlowFile {
    /// Its bytes come after this time.
    pub fn with_bytes_after(delay: Duration) -> io::Result<SlowFile> {
        let (reader, mut writer) = io::pipe()?;
        let path = path(&reader)?;
        thread::Builder::new().spawn(move || {
            thread::sleep(delay);
            // Whoever wanted to read it may have gone.
            let _ = writer.write_all(CONTENT);
        })?;
        Ok(SlowFile { path, _open: reader })
    }
}

#[cfg(unix)]
fn path(reader: &PipeReader) -> io::Result<PathBuf> {
    let path = PathBuf::from(format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(reader)));
    path.metadata().map(|_| path)
}

#[cfg(not(unix))]
fn path(_: &PipeReader) -> io::Result<PathBuf> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::fs;
    use std::time::Instant;

    #[test]
    fn it_has_a_name_and_who_reads_it_waits() {
        let (start, delay) = (Instant::now(), Duration::from_millis(50));
        let file = SlowFile::with_bytes_after(delay).unwrap();
        assert_eq!(fs::read(&file.path).unwrap(), CONTENT);
        assert!(start.elapsed() >= delay);
    }
}
