//! The job of processing one picture, and its outcome.

use std::ffi::OsString;
use std::path::Path;

use lab::atomic_write;
use lab::lang::Text;
use lab::text;
use serde::{Deserialize, Serialize};

use crate::picture;
use crate::work_queue::Timed;
use process_pool::task;

task! {
    /// A job as a task of the pool.
    pub static PICTURE: fn(Job) -> Timed<Outcome> = |job| Timed::of(|| job.run());
}

/// A picture and the path of its JPEG. Names need not be UTF-8.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    from: OsString,
    to: OsString,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Written,
    /// The picture cannot be decoded, or its JPEG cannot be written.
    Failed(Text),
}

impl Job {
    pub fn new(from: &Path, to: &Path) -> Job {
        Job { from: from.into(), to: to.into() }
    }

    pub fn run(&self) -> Outcome {
        let written = picture::shrink(Path::new(&self.from)).and_then(|bytes| {
            atomic_write::replace(Path::new(&self.to), &bytes)
                .map_err(|e| text!("결과를 쓸 수 없습니다: {e}", "its result cannot be written: {e}"))
        });
        written.map_or_else(Outcome::Failed, |()| Outcome::Written)
    }
}
