//! Five tasks for `gather`, one of which fails: each keeps a lane, and notes how it ended.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lab::trace::State;
use lab::trace::{LaneRecorder, Recorder};
use lab::{clock, text};
use tokio::time;

/// How many there are.
pub const TASKS: usize = 5;
/// The one that fails, after a fifth of the time that the others take.
pub const FAILS: usize = 1;

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It returned its value.
    Finished,
    /// It returned its error.
    Failed,
    /// It was dropped before it returned anything.
    Cancelled,
}

/// A task's end.
#[derive(Clone, Copy, Debug)]
pub struct End {
    pub fate: Fate,
    /// When, in ns on [`clock::now`].
    pub at: u64,
}

/// The ends of all tasks so far, in the order in which they came.
pub type Ends = Arc<Mutex<Vec<End>>>;

/// The error of the task that fails: its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub usize);

/// Waits like a request and returns its name, unless it is the one that is refused.
pub async fn task(name: usize, pause: Duration, mut diary: Diary) -> Result<usize, Refused> {
    diary.lane.enter(State::WaitingForIo);
    if name == FAILS {
        time::sleep(pause / 5).await;
        diary.fate = Fate::Failed;
        return Err(Refused(name));
    }
    time::sleep(pause).await;
    diary.fate = Fate::Finished;
    Ok(name)
}

/// A task's record. It is dropped when the task ends, in whatever way: a cancelled future is dropped too.
#[derive(Debug)]
pub struct Diary {
    lane: LaneRecorder,
    fate: Fate,
    ends: Ends,
}

impl Diary {
    /// An empty record for each task.
    pub fn five(recorder: &Recorder, ends: &Ends) -> [Diary; TASKS] {
        std::array::from_fn(|i| Diary {
            lane: recorder.lane(text!("태스크 {i}", "Task {i}")),
            fate: Fate::Cancelled,
            ends: Arc::clone(ends),
        })
    }
}

impl Drop for Diary {
    fn drop(&mut self) {
        match self.fate {
            Fate::Finished => {}
            Fate::Failed => self.lane.end_as(State::Failed),
            Fate::Cancelled => self.lane.end_as(State::Cancelled),
        }
        let end = End { fate: self.fate, at: clock::now() };
        self.ends.lock().unwrap_or_else(PoisonError::into_inner).push(end);
    }
}
