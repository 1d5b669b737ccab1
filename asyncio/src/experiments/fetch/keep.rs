//! What is kept of answers: bodies in files or in the results, and chosen headers.
//!
//! A body is decoded and written by a thread of the runtime's blocking pool, a piece at a time: neither a disk nor a decoder holds up
//! the event loop, and no body is ever in memory as a whole.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use hyper::body::Bytes;
use hyper::header::{CONTENT_ENCODING, HeaderMap, HeaderName};
use lab::{Error, text};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use super::decode;
use super::failure::Failure;

/// Pieces of a body that wait for the disk.
const WAITING: usize = 4;

/// What is to be kept.
#[derive(Clone, Debug, Default)]
pub struct KeepPlan {
    /// A file for each body goes here.
    pub folder: Option<PathBuf>,
    /// So many bytes of each body go into the results.
    pub most: usize,
    /// These headers go into the results.
    pub headers: Vec<HeaderName>,
}

/// What was kept of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The length of the body as it was kept: decoded.
    pub bytes: u64,
    /// The name of its file.
    pub file: Option<String>,
    /// Its first bytes.
    pub body: Option<Vec<u8>>,
    /// What it is still encoded with.
    pub coding: Option<String>,
    pub headers: Vec<(HeaderName, String)>,
}

impl KeepPlan {
    pub fn keeps_bodies(&self) -> bool {
        self.folder.is_some() || self.most > 0
    }

    /// Makes the folder, and removes from it what a run that was killed left of bodies that were not whole.
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

    /// The chosen headers of an answer.
    pub fn headers_of(&self, all: &HeaderMap) -> Vec<(HeaderName, String)> {
        let value = |name: &HeaderName| {
            let values: Vec<_> = all.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes())).collect();
            (!values.is_empty()).then(|| (name.clone(), values.join(", ")))
        };
        self.headers.iter().filter_map(value).collect()
    }
}

/// A body on its way to where it is kept. Dropped before its end, it leaves nothing.
pub struct Keeping {
    pieces: mpsc::Sender<Option<Bytes>>,
    task: JoinHandle<io::Result<Kept>>,
}

impl Keeping {
    /// `path` is that of the address: a part of the file's name.
    pub fn start(plan: &Arc<KeepPlan>, call: usize, path: &str, headers: &HeaderMap) -> Keeping {
        let (pieces, waiting) = mpsc::channel(WAITING);
        let coding = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let (plan, name) = (Arc::clone(plan), file_name(call, path));
        let body = Pieces { waiting, now: Bytes::new(), ended: false };
        Keeping { pieces, task: spawn_blocking(move || write(&plan, &name, &coding, body)) }
    }

    /// Hands over a piece; `false` if no more is wanted, which [`Keeping::finish`] explains.
    pub async fn push(&self, piece: Bytes) -> bool {
        self.pieces.send(Some(piece)).await.is_ok()
    }

    /// The body is whole: waits until it is kept.
    pub async fn finish(self) -> Result<Kept, Failure> {
        let _ = self.pieces.send(None).await;
        let kept = self.task.await.map_err(|e| Failure::NotKept(e.to_string()))?;
        kept.map_err(|e| Failure::NotKept(e.to_string()))
    }
}

fn write(plan: &KeepPlan, name: &str, coding: &str, body: Pieces) -> io::Result<Kept> {
    let (mut body, decoded) = decode::reader(coding, body);
    let mut part = plan.folder.as_deref().map(|folder| Part::create(folder, name)).transpose()?;
    let (mut piece, mut first, mut bytes) = ([0; 16 * 1024], Vec::new(), 0);
    loop {
        let n = match body.read(&mut piece) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if n == 0 {
            break;
        }
        bytes += n as u64;
        first.extend_from_slice(&piece[..n.min(plan.most - first.len())]);
        if let Some(part) = &mut part {
            part.file.write_all(&piece[..n])?;
        }
    }
    // A decoder may stop before the end of what was sent.
    io::copy(&mut body, &mut io::sink())?;
    let file = part.map(Part::commit).transpose()?;
    let coding = (!decoded).then(|| coding.to_owned());
    let body = (plan.most > 0).then_some(first);
    Ok(Kept { bytes, file: file.map(|()| name.to_owned()), body, coding, headers: Vec::new() })
}

/// A name that is one on every system, whatever the address: `0000012-report.pdf`.
fn file_name(call: usize, path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let last = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or("body");
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    let last: String = last.chars().map(safe).take(100).collect();
    format!("{call:07}-{}", last.trim_end_matches('.'))
}

/// Whether it is one of ours: `.0000012-report.pdf.0.part`.
fn is_part(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let inner = name.strip_prefix('.').and_then(|name| name.strip_suffix(".part"));
    let digits = inner.and_then(|name| name.split_once('-')).map(|(digits, _)| digits);
    digits.is_some_and(|digits| digits.len() >= 7 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A file that gets its name when it is whole.
struct Part {
    file: File,
    part: PathBuf,
    whole: PathBuf,
}

impl Part {
    fn create(folder: &Path, name: &str) -> io::Result<Part> {
        // An attempt that was given up may still be removing its own.
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let part = folder.join(format!(".{name}.{}.part", NEXT.fetch_add(1, Relaxed)));
        Ok(Part { file: File::create(&part)?, part, whole: folder.join(name) })
    }

    fn commit(self) -> io::Result<()> {
        fs::rename(&self.part, &self.whole)
    }
}

/// What has its name by now is no longer there under the other one.
impl Drop for Part {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.part);
    }
}

/// The pieces of a body as they come.
struct Pieces {
    waiting: mpsc::Receiver<Option<Bytes>>,
    now: Bytes,
    ended: bool,
}

impl Read for Pieces {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.now.is_empty() && !self.ended {
            match self.waiting.blocking_recv() {
                Some(Some(piece)) => self.now = piece,
                Some(None) => self.ended = true,
                // The exchange was given up.
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        let n = to.len().min(self.now.len());
        to[..n].copy_from_slice(&self.now.split_to(n));
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_leads_out_of_the_folder() {
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
