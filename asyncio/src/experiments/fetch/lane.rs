//! The lane of a worker, if it is drawn.

use lab::trace::{LaneRecorder, State};

/// More spans than this are not recorded: nobody could see them, and a run may have millions.
const MOST_SPANS: usize = 2000;

/// What a worker does, for the drawing.
#[derive(Debug, Default)]
pub struct Lane {
    recorder: Option<LaneRecorder>,
    spans: usize,
}

impl Lane {
    pub fn new(recorder: Option<LaneRecorder>) -> Lane {
        Lane { recorder, spans: 0 }
    }

    /// A request was sent.
    pub fn wait(&mut self) {
        self.enter(State::WaitingForIo);
    }

    /// It waits for its turn, or before a retry.
    pub fn idle(&mut self) {
        self.enter(State::Idle);
    }

    /// Nothing came of it: that was no wait for an answer.
    pub fn failed(&mut self) {
        if let Some(recorder) = &mut self.recorder {
            recorder.leave_as(State::Idle);
        }
    }

    /// The call has ended.
    pub fn leave(&mut self) {
        if let Some(recorder) = &mut self.recorder {
            recorder.leave();
        }
        if self.spans > MOST_SPANS {
            self.recorder = None;
        }
    }

    fn enter(&mut self, state: State) {
        if let Some(recorder) = &mut self.recorder {
            self.spans += 1;
            recorder.enter(state);
        }
    }
}
