//! The lane of a worker; only the first workers are drawn.

use lab::trace::{LaneRecorder, State};

/// After this many spans the recording ends: a run may have millions, and a drawing has no room for them.
const MOST_SPANS: usize = 2000;

/// Records the states of a worker, if it is drawn.
#[derive(Debug, Default)]
pub struct Lane {
    recorder: Option<LaneRecorder>,
    spans: usize,
}

impl Lane {
    pub fn new(recorder: Option<LaneRecorder>) -> Lane {
        Lane { recorder, spans: 0 }
    }

    /// A request is sent.
    pub fn wait(&mut self) {
        self.enter(State::WaitingForIo);
    }

    /// The worker waits until it may send a request, or pauses before a retry.
    pub fn idle(&mut self) {
        self.enter(State::Idle);
    }

    /// The attempt failed. Its last request does not count as waiting.
    pub fn fail(&mut self) {
        if let Some(recorder) = &mut self.recorder {
            recorder.fail();
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
