//! Reports and traces for readers: the terminal, SVG pictures, and the trace formats that Perfetto and the Firefox Profiler open.

pub mod chart;
pub mod firefox;
pub mod lanes;
mod layout;
pub mod perfetto;
pub mod state_style;
pub mod svg;
pub mod text;

pub use layout::{Canvas, fit, wrap};
pub(crate) use layout::{quote, within};
