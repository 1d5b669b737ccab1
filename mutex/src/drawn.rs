//! Threads that start together and record a lane each.

use std::sync::Mutex;

use lab::Result;
use lab::lang::Text;
use lab::trace::Trace;
use lab::trace::{LaneRecorder, Recorder};

use crate::together::together;

/// Runs `body(0)`, `body(1)`, … in threads of these names. The lanes, and what the bodies return.
pub fn drawn<T: Send>(
    title: Text,
    names: Vec<Text>,
    body: impl Fn(usize, &mut LaneRecorder) -> T + Sync,
) -> Result<(Trace, Vec<T>)> {
    let recorder = Recorder::new();
    let lanes: Vec<_> = names.into_iter().map(|name| Mutex::new(Some(recorder.lane(name)))).collect();
    let done = together(lanes.len(), |n| {
        let lane = lanes[n].lock().expect("nobody panics with it").take();
        body(n, &mut lane.expect("every thread takes its own"))
    })?;
    Ok((recorder.finish(title), done))
}
