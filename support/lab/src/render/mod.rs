//! Reports and traces for readers: the terminal, SVG pictures, and the trace format that Perfetto opens.

pub mod chart;
pub mod lanes;
mod layout;
pub mod perfetto;
pub mod state_style;
pub mod svg;
pub mod text;

pub use layout::{Canvas, fit};
pub(crate) use layout::{quote, within};
