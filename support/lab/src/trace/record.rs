//! Recording a trace: each lane writes into a buffer of its own, and hands it in when it ends.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use super::model::{Lane, Span, State, Trace};
use crate::clock;
use crate::lang::Text;

/// Collects the lanes of one run. Cheap to clone into threads and tasks.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    /// Lanes that have ended, by the number they were opened with; locked when a lane opens or ends, never between.
    ended: Arc<Mutex<Vec<Option<Lane>>>>,
}

impl Recorder {
    /// A recorder without lanes.
    pub fn new() -> Recorder {
        Recorder::default()
    }

    /// Opens a lane. Lanes are drawn in the order in which they were opened.
    pub fn lane(&self, name: Text) -> LaneRecorder {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.push(None);
        LaneRecorder {
            number: ended.len() - 1,
            home: Arc::clone(&self.ended),
            lane: Lane { name, spans: Vec::with_capacity(64) },
            since: None,
        }
    }

    /// The trace of all lanes that have ended. A lane that is still open is not in it.
    pub fn finish(self, title: Text) -> Trace {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        Trace::new(title, mem::take(&mut *ended).into_iter().flatten().collect())
    }
}

/// Records one lane. It is in one state at a time; dropping it ends the lane.
#[derive(Debug)]
pub struct LaneRecorder {
    number: usize,
    home: Arc<Mutex<Vec<Option<Lane>>>>,
    lane: Lane,
    /// The state that the lane is in, and since when.
    since: Option<(State, u64)>,
}

impl LaneRecorder {
    /// From now on the lane is in this state.
    pub fn enter(&mut self, state: State) {
        let now = clock::now();
        self.close(now);
        self.since = Some((state, now));
    }

    /// Like [`LaneRecorder::enter`], but from a moment in the past, for a state that is noticed too late. In ns on [`clock::now`].
    pub fn enter_at(&mut self, state: State, since: u64) {
        let since = since.max(self.since.map_or(0, |(_, start)| start));
        self.close(since);
        self.since = Some((state, since));
    }

    /// From now on the lane is in no state, and nothing is drawn.
    pub fn leave(&mut self) {
        self.close(clock::now());
    }

    /// What the lane did until now ended like this: failed, cancelled or killed. Then it is in no state.
    pub fn end_as(&mut self, mark: State) {
        let now = clock::now();
        self.close(now);
        self.lane.spans.push(Span { state: mark, start: now, end: now });
    }

    /// The attempt since the last [`LaneRecorder::enter`] failed. Its time counts as idle, because nothing came of the wait; a mark
    /// is at its end.
    pub fn fail(&mut self) {
        if let Some((state, _)) = &mut self.since {
            *state = State::Idle;
        }
        self.end_as(State::Failed);
    }

    /// Does `work` in the state, then leaves it.
    pub fn during<T>(&mut self, state: State, work: impl FnOnce() -> T) -> T {
        self.enter(state);
        let done = work();
        self.leave();
        done
    }

    fn close(&mut self, end: u64) {
        if let Some((state, start)) = self.since.take() {
            self.lane.spans.push(Span { state, start, end });
        }
    }
}

impl Drop for LaneRecorder {
    fn drop(&mut self) {
        self.leave();
        let name = Text::default();
        let lane = mem::replace(&mut self.lane, Lane { name, spans: Vec::new() });
        let mut ended = self.home.lock().unwrap_or_else(PoisonError::into_inner);
        // The recorder may have been finished already; then the lane is dropped.
        if let Some(place) = ended.get_mut(self.number) {
            *place = Some(lane);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_keep_their_order_and_their_states() {
        let recorder = Recorder::new();
        let mut first = recorder.lane(Text::same("first"));
        let mut second = recorder.lane(Text::same("second"));
        second.during(State::Native, || ());
        drop(second);
        first.enter(State::WaitingForLock);
        first.enter(State::Running);
        drop(first);
        let trace = recorder.finish(Text::default());
        let states: Vec<Vec<State>> =
            trace.lanes.iter().map(|lane| lane.spans.iter().map(|span| span.state).collect()).collect();
        assert_eq!(states, [vec![State::WaitingForLock, State::Running], vec![State::Native]]);
        let spans = &trace.lanes[0].spans;
        assert_eq!(spans[0].end, spans[1].start, "one state ends where the next begins");
    }

    #[test]
    fn an_attempt_that_failed_is_marked_and_did_not_wait() {
        use State::{Cancelled, Failed, Idle, WaitingForIo};
        let recorder = Recorder::new();
        let mut lane = recorder.lane(Text::same("lane"));
        lane.during(WaitingForIo, || ());
        lane.enter(WaitingForIo);
        lane.fail();
        lane.enter(WaitingForIo);
        lane.end_as(Cancelled);
        drop(lane);
        let trace = recorder.finish(Text::default());
        let spans = &trace.lanes[0].spans;
        let states: Vec<State> = spans.iter().map(|span| span.state).collect();
        assert_eq!(states, [WaitingForIo, Idle, Failed, WaitingForIo, Cancelled]);
        assert!(
            spans[2].start == spans[1].end && spans[2].end == spans[2].start,
            "a moment, at the end of the attempt"
        );
    }

    #[test]
    fn an_open_lane_is_not_in_the_trace() {
        let recorder = Recorder::new();
        let lane = recorder.lane(Text::same("open"));
        assert!(recorder.clone().finish(Text::default()).lanes.is_empty());
        drop(lane);
    }

    #[test]
    fn a_panicking_thread_still_hands_in_its_lane() {
        let recorder = Recorder::new();
        let mut lane = recorder.lane(Text::same("doomed"));
        let died = std::thread::spawn(move || {
            lane.enter(State::Running);
            std::panic::panic_any("on purpose");
        });
        assert!(died.join().is_err());
        assert_eq!(recorder.finish(Text::default()).lanes[0].spans.len(), 1);
    }
}
