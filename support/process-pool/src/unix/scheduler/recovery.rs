//! What becomes of the tasks of a dead worker.

use crate::failure::{End, Failure};
use crate::unix::result_frame;
use crate::unix::scheduler::batch::Single;

/// Why a worker was killed by its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The running task is over the time limit.
    TimedOut,
    /// It was stopped (`SIGSTOP`).
    Stopped,
    /// It does not begin its tasks, or does not send its results.
    Silent,
    /// It violated the protocol.
    ProtocolError,
    /// Its running task was to be killed.
    Killed,
}

/// The death of a worker, as far as its tasks are concerned. They are counted from the first unanswered one.
pub struct Death {
    pub how: End,
    /// Why the parent killed it, if it did.
    pub verdict: Option<Verdict>,
    /// How many tasks had begun.
    pub begun: usize,
    /// The one that ran.
    pub culprit: Option<usize>,
    /// What the worker left before a panic ended it.
    pub last_words: Vec<u8>,
}

/// What a dead worker has not finished.
#[derive(Default)]
pub struct Unfinished {
    /// Tasks to be run again.
    pub again: Vec<Single>,
    /// Tasks without retries left.
    pub failed: Vec<(Single, Failure)>,
}

impl Death {
    /// Whatever ran and has no result is charged with a run: the task that was running, and those that had ended, one of which
    /// may have damaged the worker. Also if the running one was to be killed: the others run once more, and that counts.
    pub fn charge(&self, tasks: Vec<Single>) -> Unfinished {
        let mut unfinished = Unfinished::default();
        for (place, mut task) in tasks.into_iter().enumerate() {
            if place < self.begun {
                task.attempts += 1;
            }
            if self.culprit == Some(place) && self.verdict == Some(Verdict::Killed) {
                unfinished.failed.push((task, Failure::Cancelled));
            } else if task.attempts > task.job.retries {
                let failure = self.failure(task.attempts);
                unfinished.failed.push((task, failure));
            } else {
                unfinished.again.push(task);
            }
        }
        unfinished
    }

    /// The failure of a task that has no retries left.
    fn failure(&self, attempts: u32) -> Failure {
        match self.verdict {
            Some(Verdict::TimedOut) => Failure::TimedOut { attempts },
            None if self.how == End::ABORT && !self.last_words.is_empty() => {
                Failure::Aborted { panic: Box::new(result_frame::read_panic(&self.last_words)), attempts }
            }
            _ => Failure::Died { how: self.how, attempts },
        }
    }
}
