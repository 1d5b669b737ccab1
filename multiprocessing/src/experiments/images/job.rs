//! One picture: the job and its result.

use std::ffi::OsString;
use std::path::Path;

use lab::atomic_write;
use lab::lang::Text;
use lab::text;
use serde::{Deserialize, Serialize};

use crate::picture;
use crate::work_queue::Timed;
use process_pool::Task;

/// A picture in a process of the pool.
pub static PICTURE: Task<Job, Timed<Fate>> = Task::new("picture", |job| Timed::of(|| job.run()));

/// A picture and where its JPEG is to be. Names are whatever the system allows, UTF-8 or not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    from: OsString,
    to: OsString,
}

/// The result of a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// Its JPEG was written.
    Written,
    /// It cannot be decoded, or its JPEG cannot be written, for this reason.
    Failed(Text),
}

impl Job {
    /// A picture's file, and the JPEG's.
    pub fn new(from: &Path, to: &Path) -> Job {
        Job { from: from.into(), to: to.into() }
    }

    /// Does the job in the calling thread.
    pub fn run(&self) -> Fate {
        let written = picture::shrink(Path::new(&self.from)).and_then(|bytes| {
            atomic_write::replace(Path::new(&self.to), &bytes)
                .map_err(|e| text!("결과를 쓸 수 없습니다: {e}", "its result cannot be written: {e}"))
        });
        written.map_or_else(Fate::Failed, |()| Fate::Written)
    }
}
