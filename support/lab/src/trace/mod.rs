//! The trace: who was in which state from when to when. Everything that is drawn, claimed, tested or graded is read off it.

mod model;
mod record;

pub use model::{Clock, Lane, Span, State, Trace, Waits};
pub use record::{LaneRecorder, Recorder};
