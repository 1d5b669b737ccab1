//! Writes results as they arrive, one JSON object per line. Lines that were written are not lost if the run is interrupted.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::thread::{self, JoinHandle};

use lab::{Error, Result, text};
use serde_json::json;
use tokio::sync::mpsc;

use super::workers::Record;

/// Capacity of the queue to the writer thread. If it is full, the workers wait.
const QUEUE: usize = 1024;

/// A file and the thread that writes it. It is a thread because file I/O would block the event loop.
pub struct Sink {
    lines: mpsc::Sender<String>,
    writer: JoinHandle<io::Result<()>>,
}

impl Sink {
    /// Creates the file, or truncates it.
    pub fn create(path: &Path) -> Result<Sink> {
        let mut file = File::create(path).map_err(|e| refuse(path, &e))?;
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

    /// Queues a record; `false` if the writer has failed. [`Sink::finish`] then returns the error.
    pub async fn write(&self, record: &Record) -> bool {
        self.lines.send(line(record)).await.is_ok()
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

/// `{"call":0,"url":…,"status":200,"bytes":3,"attempts":1,"ms":50.3}`, or `"error"` and `"detail"` instead of `"bytes"`.
fn line(record: &Record) -> String {
    use super::attempt::Failure;
    let mut object = json!({
        "call": record.call,
        "url": &*record.url,
        "attempts": record.attempts,
        "ms": record.took as f64 / 1e6,
    });
    match &record.outcome {
        Ok(fetched) => {
            object["status"] = fetched.status.into();
            object["bytes"] = fetched.bytes.into();
        }
        Err(failure) => {
            object["error"] = failure.name().into();
            match failure {
                Failure::Status(status) => object["status"] = (*status).into(),
                Failure::Unreachable(why) | Failure::Closed(why) | Failure::NotHttp(why) => {
                    object["detail"] = why.as_str().into();
                }
                Failure::TimedOut | Failure::Cancelled => {}
            }
        }
    }
    format!("{object}\n")
}
