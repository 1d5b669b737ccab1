//! Heartbeats: tasks that sleep periodically and record how late they were woken.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use lab::clock;
use lab::trace::LaneRecorder;
use lab::trace::State;
use tokio::time;

/// How late one wake-up was, in ns: from when the task was due until it ran.
pub type Late = u64;

/// Sleeps for `period`, again and again, until `stop` is set. Its lane shows I/O wait while it sleeps, and `Ready` from when it is due
/// until it runs.
pub async fn ticker(lane: LaneRecorder, period: Duration, stop: &AtomicBool) -> Vec<Late> {
    ticker_on(time::sleep, lane, period, stop).await
}

/// The same on any runtime: `sleep` is its own.
pub async fn ticker_on<S: Future>(
    sleep: impl Fn(Duration) -> S,
    mut lane: LaneRecorder,
    period: Duration,
    stop: &AtomicBool,
) -> Vec<Late> {
    let mut late = Vec::new();
    while !stop.load(Relaxed) {
        let due = clock::now() + u64::try_from(period.as_nanos()).unwrap_or(u64::MAX);
        lane.enter(State::WaitingForIo);
        sleep(period).await;
        let now = clock::now();
        lane.enter_at(State::Ready, due.min(now));
        lane.leave();
        late.push(now.saturating_sub(due));
    }
    late
}
