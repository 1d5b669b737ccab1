//! What is kept of responses: bodies, in files or in the results, and selected headers.
//!
//! A thread of the runtime's blocking pool decodes and writes a body, chunk by chunk. So neither the disk nor the decoder blocks the
//! event loop, and a body is never in memory as a whole.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use hyper::header::{CONTENT_ENCODING, HeaderMap, HeaderName};
use lab::{Error, text};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use super::decode;
use super::failure::Failure;

/// Capacity of the queue of chunks for the writing thread.
const QUEUE: usize = 4;

/// What to keep.
#[derive(Clone, Debug, Default)]
pub struct KeepPlan {
    /// The folder with one file for each body.
    pub folder: Option<PathBuf>,
    /// How many bytes of each body are written to the results.
    pub most: usize,
    /// The headers that are written to the results.
    pub headers: Vec<HeaderName>,
}

/// What was kept of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The length of the body after decoding.
    pub bytes: u64,
    /// The name of the body's file.
    pub file: Option<String>,
    /// The first bytes of the body.
    pub body: Option<Vec<u8>>,
    /// The coding of the body, if it could not be decoded.
    pub coding: Option<String>,
    pub headers: Vec<(HeaderName, String)>,
}

impl KeepPlan {
    pub fn keeps_bodies(&self) -> bool {
        self.folder.is_some() || self.most > 0
    }

    /// Creates the folder and removes the incomplete files of a run that was killed.
    pub fn prepare(&self) -> lab::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let prepare = || -> io::Result<()> {
            fs::create_dir_all(folder)?;
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if is_part(&path) {
                    fs::remove_file(&path)?;
                }
            }
            Ok(())
        };
        prepare().map_err(|e| {
            let folder = folder.display();
            Error::failed(text!("--save {folder}: 쓸 수 없습니다: {e}", "--save {folder}: cannot be written to: {e}"))
        })
    }

    /// The selected headers of a response.
    pub fn headers_of(&self, all: &HeaderMap) -> Vec<(HeaderName, String)> {
        let value = |name: &HeaderName| {
            let values: Vec<_> = all.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes())).collect();
            (!values.is_empty()).then(|| (name.clone(), values.join(", ")))
        };
        self.headers.iter().filter_map(value).collect()
    }
}

/// Bodies that are being written, or whose incomplete file is being removed.
static WRITING: AtomicUsize = AtomicUsize::new(0);

/// Counts as one of [`WRITING`] until it is dropped.
struct Writing;

impl Writing {
    fn begin() -> Writing {
        WRITING.fetch_add(1, AcqRel);
        Writing
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        WRITING.fetch_sub(1, AcqRel);
    }
}

/// When all calls have ended: waits until the incomplete files of those that failed are removed. Their writers learn of the failure
/// from their queues, and a program that ends does not wait for them; unless its runtime is dropped, which does.
pub fn wait_for_writers() {
    /// What a disk may take for its last chunks.
    const MOST: Duration = Duration::from_secs(30);
    let begin = Instant::now();
    while WRITING.load(Acquire) > 0 && begin.elapsed() < MOST {
        thread::sleep(Duration::from_millis(1));
    }
}

/// A body that is being written. If it is dropped before [`Keeping::finish`], no file is left after [`wait_for_writers`].
pub struct Keeping {
    chunks: mpsc::Sender<Option<Bytes>>,
    task: JoinHandle<io::Result<Kept>>,
}

impl Keeping {
    /// `path` is the path of the URL; its last part becomes part of the file name.
    pub fn start(plan: &Arc<KeepPlan>, call: usize, path: &str, headers: &HeaderMap) -> Keeping {
        let (chunks, queue) = mpsc::channel(QUEUE);
        let coding = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let (plan, name) = (Arc::clone(plan), file_name(call, path));
        let body = Chunks { queue, current: Bytes::new(), ended: false };
        let writing = Writing::begin();
        let write = move || {
            let _until_it_is_written_or_removed = writing;
            write(&plan, &name, &coding, body)
        };
        Keeping { chunks, task: spawn_blocking(write) }
    }

    /// Queues a chunk; `false` if the writer has failed. [`Keeping::finish`] then returns the error.
    pub async fn push(&self, chunk: Bytes) -> bool {
        self.chunks.send(Some(chunk)).await.is_ok()
    }

    /// Ends a complete body, and waits until it is written.
    pub async fn finish(self) -> Result<Kept, Failure> {
        let _ = self.chunks.send(None).await;
        let kept = self.task.await.map_err(|e| Failure::NotKept(e.to_string()))?;
        kept.map_err(|e| Failure::NotKept(e.to_string()))
    }
}

fn write(plan: &KeepPlan, name: &str, coding: &str, mut body: Chunks) -> io::Result<Kept> {
    // A response without a body (to HEAD, or 204) may still name a coding, and no decoder accepts an empty input.
    let coding = if body.is_empty()? { "" } else { coding };
    let (mut body, decoded) = decode::reader(coding, body)?;
    let mut part = plan.folder.as_deref().map(|folder| Part::create(folder, name)).transpose()?;
    let (mut chunk, mut first, mut bytes) = ([0; 16 * 1024], Vec::new(), 0);
    loop {
        let n = match body.read(&mut chunk) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if n == 0 {
            break;
        }
        bytes += n as u64;
        first.extend_from_slice(&chunk[..n.min(plan.most - first.len())]);
        if let Some(part) = &mut part {
            part.file.write_all(&chunk[..n])?;
        }
    }
    // A decoder may stop before the end of the data.
    io::copy(&mut body, &mut io::sink())?;
    let file = part.map(Part::commit).transpose()?;
    let coding = (!decoded).then(|| coding.to_owned());
    let body = (plan.most > 0).then_some(first);
    Ok(Kept { bytes, file: file.map(|()| name.to_owned()), body, coding, headers: Vec::new() })
}

/// A file name that is valid on every system, for any URL: `0000012-report.pdf`.
fn file_name(call: usize, path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let last = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or("body");
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    let last: String = last.chars().map(safe).take(100).collect();
    format!("{call:07}-{}", last.trim_end_matches('.'))
}

/// Whether a file is an incomplete one of this program: `.0000012-report.pdf.0.part`.
fn is_part(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let inner = name.strip_prefix('.').and_then(|name| name.strip_suffix(".part"));
    let digits = inner.and_then(|name| name.split_once('-')).map(|(digits, _)| digits);
    digits.is_some_and(|digits| digits.len() >= 7 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A file that gets its final name when it is complete.
struct Part {
    file: File,
    part: PathBuf,
    complete: PathBuf,
}

impl Part {
    fn create(folder: &Path, name: &str) -> io::Result<Part> {
        // The number keeps it apart from the file of a cancelled attempt, which may not be removed yet.
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let part = folder.join(format!(".{name}.{}.part", NEXT.fetch_add(1, Relaxed)));
        Ok(Part { file: File::create(&part)?, part, complete: folder.join(name) })
    }

    fn commit(self) -> io::Result<()> {
        fs::rename(&self.part, &self.complete)
    }
}

/// After a rename there is nothing left to remove.
impl Drop for Part {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.part);
    }
}

/// Reads a body from the queue of its chunks.
struct Chunks {
    queue: mpsc::Receiver<Option<Bytes>>,
    current: Bytes,
    ended: bool,
}

impl Chunks {
    /// Waits for the next byte; true at the end of the body.
    fn is_empty(&mut self) -> io::Result<bool> {
        while self.current.is_empty() && !self.ended {
            match self.queue.blocking_recv() {
                Some(Some(chunk)) => self.current = chunk,
                Some(None) => self.ended = true,
                // The exchange was cancelled.
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        Ok(self.current.is_empty())
    }
}

impl Read for Chunks {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.is_empty()?;
        let n = to.len().min(self.current.len());
        to[..n].copy_from_slice(&self.current.split_to(n));
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_url_leads_out_of_the_folder() {
        for (path, name) in [
            ("/", "0000003-body"),
            ("/a/report.pdf?x=/../y", "0000003-report.pdf"),
            ("/../..", "0000003-"),
            ("/a/..%2f..%2fetc", "0000003-.._2f.._2fetc"),
            ("/C:\\x\0y", "0000003-C__x_y"),
            ("/a/b/", "0000003-b"),
        ] {
            assert_eq!(file_name(3, path), name);
        }
        assert!(file_name(3, &"x".repeat(5000)).len() < 200);
    }
}
