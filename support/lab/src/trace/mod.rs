//! The trace: which lane was in which state, from when to when. Drawings, verdicts and tests are computed from it.

mod model;
mod record;

pub use model::{Clock, Lane, Span, State, Trace, Waits};
pub use record::{LaneRecorder, Recorder};
