//! Recovers the tasks of a dead worker, and recalls those queued behind a slow one.

use crate::failure::{End, Failure, WorkerLoss};
use crate::history::{Finish, Stint};
use crate::unix::batch::Retry;
use crate::unix::clock;
use crate::unix::engine::Engine;
use crate::unix::jobs::JobSource;
use crate::unix::result_frame;
use crate::unix::worker;
use crate::unix::worker_handle::{Verdict, WorkerHandle};

impl Engine {
    /// Handles the death of a worker. Whatever ran and has no result is charged with a run: the task that was running, and
    /// those that had ended, one of which may have damaged the worker.
    pub(super) fn handle_death(&mut self, n: usize, mut worker: Box<WorkerHandle>, jobs: &mut dyn JobSource) {
        let end = worker.child.kill_and_reap();
        let how = match worker.verdict {
            Some(Verdict::ProtocolError) => End::ProtocolError,
            Some(Verdict::Stopped) => End::Stopped,
            _ => end,
        };
        let progress = worker.claims.progress();
        // Counted from the first unanswered task. The shared state of a dead worker is not trusted beyond that.
        let begun = progress.begun.wrapping_sub(worker.answered) as usize;
        let ran = progress.begun != progress.ended || worker.verdict == Some(Verdict::ProtocolError);
        let culprit = if ran { begun.checked_sub(1) } else { None };
        let mut retries = Vec::new();
        let left: Vec<Retry> = worker.flight.iter_mut().flat_map(|batch| batch.split_off(batch.answered)).collect();
        if begun > 0 && !left.is_empty() {
            self.unexplained_deaths = 0;
        } else {
            self.record_unexplained_death(n, WorkerLoss::Ended(how));
        }
        if !worker.ready && matches!(how, End::Code(code) if code != worker::EXIT_FAILED) {
            // It has done something else, and ended: another one would do the same.
            self.record_not_a_worker();
        }
        for (place, mut task) in left.into_iter().enumerate() {
            if culprit == Some(place) {
                self.note_death(n, &worker, task.index);
            }
            if place < begun {
                task.attempts += 1;
            }
            if task.attempts > self.options.retries {
                jobs.done(task.index, Err(failure_of(&worker, how, task.attempts)));
            } else {
                retries.push(task);
            }
        }
        self.put_back(retries);
    }

    /// Requeues tasks of a dead worker: at the front in order; those that ran at the back.
    fn put_back(&mut self, retries: Vec<Retry>) {
        for task in retries.into_iter().rev() {
            if task.attempts > 0 { self.retry_queue.push_back(task) } else { self.retry_queue.push_front(task) }
        }
    }

    fn note_death(&mut self, n: usize, worker: &WorkerHandle, task: usize) {
        if self.options.record {
            let timed_out = worker.verdict == Some(Verdict::TimedOut);
            let finish = if timed_out { Finish::TimedOut } else { Finish::Died };
            let (start, end) = (worker.claims.started(), clock::now());
            self.history.push(Stint { seat: n, pid: worker.pid(), task, start, end, finish });
        }
    }

    /// Recalls the tasks that a worker has not begun.
    pub(super) fn recall(&mut self, n: usize) {
        let Some(worker) = self.slots[n].worker.as_deref_mut() else { return };
        let begun = worker.claims.recall();
        let taken = worker.sent.wrapping_sub(begun);
        let mut keep = begun.wrapping_sub(worker.answered) as usize;
        let mut retries = Vec::new();
        for batch in &mut worker.flight {
            let left = batch.left();
            if keep < left {
                retries.extend(batch.split_off(batch.answered + keep));
            }
            keep = keep.saturating_sub(left);
        }
        worker.flight.retain(|batch| batch.left() > 0);
        worker.recalled = taken;
        debug_assert_eq!(retries.len(), taken as usize);
        self.retry_queue.extend(retries);
    }
}

/// The failure of a task that has no retries left.
fn failure_of(worker: &WorkerHandle, how: End, attempts: u32) -> Failure {
    let words = worker.claims.words();
    match worker.verdict {
        Some(Verdict::TimedOut) => Failure::TimedOut { attempts },
        None if how == End::ABORT && !words.is_empty() => {
            Failure::Aborted { panic: Box::new(result_frame::read_panic(&words)), attempts }
        }
        _ => Failure::Died { how, attempts },
    }
}
