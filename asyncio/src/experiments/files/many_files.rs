//! Many small files that are in the page cache: read one after another in the loop, and all at once by `tokio::fs`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lab::{Error, Result, clock, machine, text};
use tokio::runtime::Builder;

use super::techniques::cannot_read;
use crate::event_loop::cannot_start;

/// Bytes in each of them.
pub const SIZE: usize = 16 << 10;

/// Reading all of them.
#[derive(Clone, Copy, Debug)]
pub struct ReadAll {
    /// In ns.
    pub took: u64,
    /// Threads that were started for it; `None` where the system does not tell.
    pub threads: Option<u64>,
}

/// Makes so many files, reads all of them in the loop and by `tokio::fs`, and removes them.
pub fn read(files: usize) -> Result<[ReadAll; 2]> {
    // Removed when it is dropped: also when something fails before.
    let folder = tempfile::Builder::new().prefix("asyncio-files-").tempdir().map_err(|e| cannot_make(&e))?;
    let paths: Vec<PathBuf> = (0..files).map(|n| folder.path().join(n.to_string())).collect();
    paths.iter().try_for_each(|path| fs::write(path, [b'x'; SIZE])).map_err(|e| cannot_make(&e))?;
    let in_the_loop = timed(files, async { paths.iter().map(|path| fs::read(path).map(|bytes| bytes.len())).sum() })?;
    Ok([in_the_loop, timed(files, by_tokio_fs(&paths))?])
}

/// A task for each file, all at once.
async fn by_tokio_fs(paths: &[PathBuf]) -> io::Result<usize> {
    let read = |path: &Path| tokio::spawn(tokio::fs::read(path.to_owned()));
    let mut read_bytes = 0;
    for task in paths.iter().map(|path| read(path)).collect::<Vec<_>>() {
        read_bytes += task.await.map_err(io::Error::other)??.len();
    }
    Ok(read_bytes)
}

/// On a loop of its own, whose pool has no threads yet. Threads of a pool that are idle stay for seconds, and so can be counted.
fn timed(files: usize, work: impl Future<Output = io::Result<usize>>) -> Result<ReadAll> {
    let runtime = Builder::new_current_thread().build().map_err(cannot_start)?;
    let (threads, start) = (machine::threads(), clock::now());
    let bytes = runtime.block_on(work).map_err(|e| cannot_read(&e))?;
    let took = clock::now() - start;
    let threads = machine::threads().zip(threads).map(|(after, before)| after.saturating_sub(before));
    assert_eq!(bytes, files * SIZE, "not all of the files was read");
    Ok(ReadAll { took, threads })
}

fn cannot_make(e: &io::Error) -> Error {
    Error::failed(text!("임시 파일을 만들 수 없습니다: {e}", "temporary files cannot be made: {e}"))
}
