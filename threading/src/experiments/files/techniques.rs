//! Reading and hashing all files: in sequence, in threads, on rayon. All return the same hashes.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;

use hmac_sha256::Hash;
use lab::lang::Text;
use lab::trace::{LaneRecorder, Recorder};
use lab::trace::{State, Trace};
use lab::{Error, Result, text};
use rayon::prelude::*;

/// Size of the read buffer.
const PIECE: usize = 256 * 1024;

/// Files with length 0 may have content (`/proc`); more than this is not read.
const MAX_UNSTATED: u64 = 16 << 20;

/// The SHA-256 of a file, or why it could not be read.
pub type FileHash = Result<[u8; 32], Text>;

/// The techniques, in the order in which they are shown.
pub const TECHNIQUES: [&str; 3] = ["sequence", "threads", "rayon"];

pub fn title(technique: &str, threads: usize) -> Text {
    match technique {
        "sequence" => text!("순차 실행", "in sequence"),
        "threads" => text!("스레드 {threads}개", "threads ({threads})"),
        other => Text::same(other),
    }
}

/// Reads and hashes all files by one technique.
pub fn read_all(technique: &str, paths: &[PathBuf], threads: usize) -> Result<(Vec<FileHash>, Trace)> {
    let recorder = Recorder::new();
    let sums = match technique {
        "sequence" => sequence(paths, recorder.lane(text!("스레드 0", "Thread 0"))),
        "threads" => in_threads(paths, threads, &recorder)?,
        _ => in_rayon(paths, &recorder),
    };
    Ok((sums, recorder.finish(title(technique, threads))))
}

/// The hashes of all files, in sequence.
pub fn sums(paths: &[PathBuf]) -> Vec<FileHash> {
    sequence(paths, Recorder::new().lane(Text::default()))
}

fn sequence(paths: &[PathBuf], lane: LaneRecorder) -> Vec<FileHash> {
    let mut reader = HashingReader::new(lane);
    paths.iter().map(|path| reader.sum(path)).collect()
}

// ANCHOR: threads
/// Each thread takes the next file until none is left.
fn in_threads(paths: &[PathBuf], threads: usize, recorder: &Recorder) -> Result<Vec<FileHash>> {
    let next = AtomicUsize::new(0);
    let sums = Mutex::new(vec![None; paths.len()]);
    let take = || {
        let n = next.fetch_add(1, Relaxed);
        paths.get(n).map(|path| (n, path))
    };
    thread::scope(|scope| {
        for i in 0..threads.min(paths.len()) {
            let mut reader = HashingReader::new(recorder.lane(text!("스레드 {i}", "Thread {i}")));
            let (take, sums) = (&take, &sums);
            let work = move || {
                while let Some((n, path)) = take() {
                    let sum = reader.sum(path);
                    sums.lock().expect("nobody panics in it")[n] = Some(sum);
                }
            };
            thread::Builder::new().spawn_scoped(scope, work).map_err(|e| {
                next.store(paths.len(), Relaxed); // the threads that already run find no more work
                Error::no_thread(&e)
            })?;
        }
        Ok::<(), Error>(())
    })?;
    let sums = sums.into_inner().expect("nobody panics in it");
    Ok(sums.into_iter().map(|sum| sum.expect("the threads end when all are done")).collect())
}
// ANCHOR_END: threads

/// rayon's parallel iterator: the same line as the sequence, with `par_` before it.
fn in_rayon(paths: &[PathBuf], recorder: &Recorder) -> Vec<FileHash> {
    let reader = |i| Mutex::new(HashingReader::new(recorder.lane(text!("rayon 스레드 {i}", "rayon thread {i}"))));
    // One for each thread of the pool; only that thread locks it.
    let readers: Vec<_> = (0..rayon::current_num_threads()).map(reader).collect();
    let mine = || readers[rayon::current_thread_index().unwrap_or(0)].lock().unwrap_or_else(PoisonError::into_inner);
    paths.par_iter().map(|path| mine().sum(path)).collect()
}

/// Hashes files, with one buffer for all of them.
struct HashingReader {
    lane: LaneRecorder,
    piece: Vec<u8>,
}

impl HashingReader {
    fn new(lane: LaneRecorder) -> HashingReader {
        HashingReader { lane, piece: vec![0; PIECE] }
    }

    /// The lane waits for I/O while the file is read, and runs while it is hashed.
    fn sum(&mut self, path: &Path) -> FileHash {
        let mut sha = Hash::new();
        let read = self.read(path, &mut sha);
        self.lane.leave();
        read.map(|()| sha.finalize())
    }

    fn read(&mut self, path: &Path, sha: &mut Hash) -> Result<(), Text> {
        self.lane.enter(State::WaitingForIo);
        let file = open(path)?;
        // Only up to the present length: a growing file must not be read forever. Files in /proc have length 0 but content.
        let length = file.metadata().map_err(reason)?.len();
        let most = if length == 0 { MAX_UNSTATED } else { length };
        let mut file = file.take(most);
        let mut read = 0;
        loop {
            self.lane.enter(State::WaitingForIo);
            let n = file.read(&mut self.piece).map_err(reason)?;
            read += n as u64;
            if n == 0 && read == MAX_UNSTATED && length == 0 {
                return Err(text!(
                    "크기가 0이라는데 {read}바이트를 읽어도 끝나지 않습니다",
                    "claims to be empty and has no end within {read} bytes"
                ));
            }
            if n == 0 {
                return Ok(());
            }
            self.lane.enter(State::Running);
            sha.update(&self.piece[..n]);
        }
    }
}

/// Opens a regular file. If a FIFO has replaced it since it was listed, an ordinary open would block forever.
fn open(path: &Path) -> Result<File, Text> {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NONBLOCK.bits() as i32);
    let file = options.read(true).open(path).map_err(reason)?;
    match file.metadata().map_err(reason)?.is_file() {
        true => Ok(file),
        false => Err(text!("이제 일반 파일이 아닙니다", "no longer a regular file")),
    }
}

fn reason(e: io::Error) -> Text {
    Text::same(e.to_string())
}

/// One digest for all: the SHA-256 of every path below the root, a zero byte, and the file's own SHA-256 (nothing if unreadable).
pub fn digest(root: &Path, paths: &[PathBuf], sums: &[FileHash]) -> String {
    let mut sha = Hash::new();
    for (path, sum) in paths.iter().zip(sums) {
        sha.update(path.strip_prefix(root).unwrap_or(path).as_os_str().as_encoded_bytes());
        sha.update([0]);
        sha.update(sum.as_ref().map_or(&[][..], |sum| &sum[..]));
    }
    sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
