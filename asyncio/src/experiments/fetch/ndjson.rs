//! Writes results as they arrive, one JSON object per line. Lines that were written are not lost if the run is interrupted.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::thread::{self, JoinHandle};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lab::{Error, Result, text};
use serde_json::json;
use tokio::sync::mpsc;

use super::keep::Kept;
use super::workers::Record;

/// Capacity of the queue to the writer thread, in batches. If it is full, the workers wait.
const QUEUE: usize = 16;

/// A file and the thread that writes it. It is a thread because file I/O would block the event loop.
pub struct Sink {
    lines: mpsc::Sender<String>,
    writer: JoinHandle<io::Result<()>>,
}

impl Sink {
    /// Creates the file, or truncates it.
    pub fn create(path: &Path) -> Result<Sink> {
        Sink::to(File::create(path).map_err(|e| refuse(path, &e))?)
    }

    /// Appends to the file, or creates it.
    pub fn append(path: &Path) -> Result<Sink> {
        Sink::to(File::options().create(true).append(true).open(path).map_err(|e| refuse(path, &e))?)
    }

    fn to(mut file: File) -> Result<Sink> {
        let (lines, mut waiting) = mpsc::channel::<String>(QUEUE);
        let write = move || {
            let mut batch = Vec::new();
            // Each write has complete lines, so that the file ends with a complete line even if the process is killed.
            while waiting.blocking_recv_many(&mut batch, QUEUE) > 0 {
                file.write_all(batch.concat().as_bytes())?;
                batch.clear();
            }
            Ok(())
        };
        let writer = thread::Builder::new().name("ndjson".into()).spawn(write).map_err(|e| Error::no_thread(&e))?;
        Ok(Sink { lines, writer })
    }

    /// Queues records, together, because each send may have to wake the writer; `false` if it has failed. [`Sink::finish`] then returns
    /// the error.
    pub async fn write(&self, records: &[Record]) -> bool {
        self.lines.send(records.iter().map(line).collect()).await.is_ok()
    }

    /// Waits until all lines are written.
    pub fn finish(self, path: &Path) -> Result<()> {
        drop(self.lines);
        self.writer.join().expect("the writer does not panic").map_err(|e| refuse(path, &e))
    }
}

fn refuse(path: &Path, e: &io::Error) -> Error {
    let path = path.display();
    Error::failed(text!("{path}: 쓸 수 없습니다: {e}", "{path}: cannot be written: {e}"))
}

/// `{"call":0,"url":…,"status":200,"bytes":3,"attempts":1,"ms":50.3}`, or `"error"` and `"detail"` instead of `"bytes"`; after
/// redirects also their number and the final URL. With `--rows` also `"row_checksum"`, by which `--resume` notices another list.
fn line(record: &Record) -> String {
    let mut object = json!({
        "call": record.call,
        "url": &*record.url,
        "attempts": record.attempts,
        "ms": record.took as f64 / 1e6,
    });
    if let Some(checksum) = record.checksum {
        object["row_checksum"] = checksum.into();
    }
    match &record.outcome {
        Ok(fetched) => {
            object["status"] = fetched.status.into();
            object["bytes"] = fetched.bytes.into();
            if let Some(kept) = &fetched.kept {
                keep(&mut object, kept);
            }
            if let Some(to) = &fetched.to {
                object["redirects"] = fetched.redirects.into();
                object["to"] = (&**to).into();
            }
        }
        Err(failure) => {
            object["error"] = failure.name().into();
            if let Some(status) = failure.status() {
                object["status"] = status.into();
            }
            if let Some(why) = failure.detail() {
                object["detail"] = why.into();
            }
        }
    }
    format!("{object}\n")
}

/// Adds `"file"`, `"headers"`, and the body: as text, or in base64 if it is not UTF-8.
fn keep(object: &mut serde_json::Value, kept: &Kept) {
    if let Some(file) = &kept.file {
        object["file"] = file.as_str().into();
    }
    if let Some(coding) = &kept.coding {
        object["encoding"] = coding.as_str().into();
    }
    for (name, value) in &kept.headers {
        object["headers"][name.as_str()] = value.as_str().into();
    }
    let Some(body) = &kept.body else { return };
    let is_cut = (body.len() as u64) < kept.bytes;
    match std::str::from_utf8(body) {
        Ok(words) => object["body"] = words.into(),
        // The cut is within a character.
        Err(e) if is_cut && e.error_len().is_none() => {
            object["body"] = String::from_utf8_lossy(&body[..e.valid_up_to()]).into();
        }
        Err(_) => object["body_base64"] = BASE64_STANDARD.encode(body).into(),
    }
    if is_cut {
        object["body_cut"] = true.into();
    }
}
