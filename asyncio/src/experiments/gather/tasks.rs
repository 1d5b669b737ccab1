//! Five tasks for `gather`, one of which fails. Each keeps a lane and records how it ended.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lab::trace::State;
use lab::trace::{LaneRecorder, Recorder};
use lab::{clock, text};
use tokio::time;

/// Number of tasks.
pub const TASKS: usize = 5;
/// The task that fails, after a fifth of the time that the others take.
pub const FAILS: usize = 1;

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned its value.
    Finished,
    /// It returned its error.
    Failed,
    /// It was dropped before it returned.
    Cancelled,
}

/// The end of a task.
#[derive(Clone, Copy, Debug)]
pub struct End {
    pub outcome: Outcome,
    /// Time of the end, in ns of [`clock::now`].
    pub at: u64,
}

/// The ends so far, in the order in which the tasks ended.
pub type Ends = Arc<Mutex<Vec<End>>>;

/// The error of the failing task, with its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub usize);

/// Waits, as a request does, and returns its name; the task [`FAILS`] returns an error.
pub async fn task(name: usize, pause: Duration, mut record: TaskRecord) -> Result<usize, Refused> {
    record.lane.enter(State::WaitingForIo);
    if name == FAILS {
        time::sleep(pause / 5).await;
        record.outcome = Outcome::Failed;
        return Err(Refused(name));
    }
    time::sleep(pause).await;
    record.outcome = Outcome::Finished;
    Ok(name)
}

/// Records the end of a task. It does so on drop, because a cancelled future is dropped without running further.
#[derive(Debug)]
pub struct TaskRecord {
    lane: LaneRecorder,
    outcome: Outcome,
    ends: Ends,
}

impl TaskRecord {
    /// One record per task.
    pub fn five(recorder: &Recorder, ends: &Ends) -> [TaskRecord; TASKS] {
        std::array::from_fn(|i| TaskRecord {
            lane: recorder.lane(text!("태스크 {i}", "Task {i}")),
            outcome: Outcome::Cancelled,
            ends: Arc::clone(ends),
        })
    }
}

impl Drop for TaskRecord {
    fn drop(&mut self) {
        match self.outcome {
            Outcome::Finished => {}
            Outcome::Failed => self.lane.end_as(State::Failed),
            Outcome::Cancelled => self.lane.end_as(State::Cancelled),
        }
        let end = End { outcome: self.outcome, at: clock::now() };
        self.ends.lock().unwrap_or_else(PoisonError::into_inner).push(end);
    }
}
