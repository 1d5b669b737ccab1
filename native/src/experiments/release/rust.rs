//! The loop of the extension in two threads of Rust, where nothing has to be released.

use std::thread;

use lab::trace::{Recorder, State, Trace};
use lab::{Error, Result, text};

use crate::kernel;

/// Two threads make so many calls each.
pub(super) fn run(iterations: u64, calls: usize) -> Result<Trace> {
    let recorder = Recorder::new();
    thread::scope(|scope| {
        for i in 0..2 {
            let mut lane = recorder.lane(text!("스레드 {i}", "Thread {i}"));
            let thread = thread::Builder::new().spawn_scoped(scope, move || {
                lane.enter(State::Running);
                for _ in 0..calls {
                    kernel::count(iterations);
                }
                lane.leave();
            });
            thread.map_err(|e| Error::no_thread(&e))?;
        }
        Ok::<(), Error>(())
    })?;
    Ok(recorder.finish(text!("Rust: GIL이 없음", "Rust: no GIL")))
}
