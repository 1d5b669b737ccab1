//! One picture: what is to be done, and what became of it.

use std::ffi::OsString;
use std::path::Path;

use lab::lang::Text;
use serde::{Deserialize, Serialize};

use crate::atomic_write;
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

/// What became of a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// Its JPEG was written.
    Written,
    /// It cannot be decoded, for this reason. The others can.
    Broken(Text),
    /// Its JPEG cannot be written, for this reason; nor could the others.
    NotWritten(String),
}

impl Job {
    /// A picture's file, and the JPEG's.
    pub fn new(from: &Path, to: &Path) -> Job {
        Job { from: from.into(), to: to.into() }
    }

    /// Where its JPEG is to be.
    pub fn to(&self) -> &Path {
        Path::new(&self.to)
    }

    /// Does it, in whatever thread or process this is.
    pub fn run(&self) -> Fate {
        match picture::shrink(Path::new(&self.from)) {
            Err(why) => Fate::Broken(why),
            Ok(bytes) => match atomic_write::write(self.to(), &bytes) {
                Ok(()) => Fate::Written,
                Err(e) => Fate::NotWritten(e.to_string()),
            },
        }
    }
}
