//! tokio's event loop with a lane for its thread: running while it polls tasks, waiting while it sleeps until the next event.
//!
//! The article's listing builds its runtime by itself, so no hook can be set there; [`from_lines`] makes its lane from what it printed.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use gil_sim::lock::Lock;
use gil_sim::{Gil, ThreadId};
use lab::lang::Text;
use lab::say::Line;
use lab::trace::{Lane, LaneRecorder, Span, State, Trace};
use lab::{Error, Result, text};
use tokio::runtime::{Builder, Runtime};

/// The event loop's thread for the lock; other threads have the numbers after it.
pub const LOOP: ThreadId = ThreadId(1);

/// The name of the lane of the loop's thread, here and in the Python twins.
pub fn lane_name() -> Text {
    text!("루프 스레드", "loop thread")
}

// ANCHOR: event_loop
/// tokio's event loop on the calling thread. If there is a lock, the thread needs it to run: it releases the lock before it waits for
/// events and takes it again afterwards.
pub fn event_loop(gil: Option<Arc<Gil>>, lane: LaneRecorder) -> Result<Runtime> {
    let (lane, theirs) = (Arc::new(Mutex::new(lane)), gil.clone());
    let enter = move |state| lane.lock().unwrap_or_else(PoisonError::into_inner).enter(state);
    enter(State::Running);
    let back = enter.clone();
    let before_it_waits = move || {
        if let Some(gil) = &gil {
            enter(State::WaitingForLock);
            gil.release(LOOP);
        }
        enter(State::WaitingForIo);
    };
    let after_it_waited = move || {
        if let Some(gil) = &theirs {
            back(State::WaitingForLock);
            gil.take(LOOP);
        }
        back(State::Running);
    };
    let mut builder = Builder::new_current_thread();
    let builder = builder.enable_time().on_thread_park(before_it_waits).on_thread_unpark(after_it_waited);
    builder.build().map_err(cannot_start)
}
// ANCHOR_END: event_loop

/// The lane of a loop whose tasks printed these lines. Between two lines the thread ran for at most as long as the process used the
/// CPU; the rest of the time it slept (or the system gave it no core). Which of the two came first is not known: running is drawn first.
/// `None` if the system does not report CPU time.
pub fn from_lines(lines: &[Line]) -> Option<Lane> {
    let mut spans = Vec::new();
    for pair in lines.windows(2) {
        let (start, end) = (pair[0].at, pair[1].at);
        let ran = pair[1].cpu?.saturating_sub(pair[0].cpu?);
        let slept = start.saturating_add(ran).min(end);
        spans.push(Span { state: State::Running, start, end: slept });
        spans.push(Span { state: State::WaitingForIo, start: slept, end });
    }
    spans.retain(|span| span.start < span.end);
    Some(Lane { name: lane_name(), spans })
}

/// What a reader must know of that lane.
pub fn how_from_lines() -> Text {
    text!(
        "루프 스레드의 레인은 줄을 출력할 때마다 읽은 프로세스의 CPU 시간으로 계산했습니다. 두 줄 사이에 얼마 동안 실행되었는지는 알 수 있지만 언제였는지는 알 수 없으므로, 실행을 앞에 그립니다.",
        "The lane of the loop's thread is computed from the CPU time of the process, read at each printed line. It tells how long the thread ran between two lines, but not when, so running is drawn first."
    )
}

/// The lanes that are not the loop's thread.
pub fn tasks(trace: &Trace) -> impl DoubleEndedIterator<Item = &Lane> {
    trace.lanes.iter().filter(|lane| lane.name != lane_name())
}

/// The trace without the lane of the loop's thread, for questions about tasks.
#[must_use]
pub fn without_it(trace: &Trace) -> Trace {
    Trace { lanes: tasks(trace).cloned().collect(), ..trace.clone() }
}

/// The error for a runtime whose threads cannot be started.
pub(crate) fn cannot_start(e: io::Error) -> Error {
    Error::failed(text!("런타임의 스레드를 시작할 수 없습니다: {e}", "the runtime's threads cannot be started: {e}"))
}
