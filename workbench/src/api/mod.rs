//! The questions of the page and their answers, as JSON. One module for each; their limits are in [`crate::limits`].

#[cfg(unix)] // a real interpreter, and the calibration for it
mod answer;
pub mod counter;
pub mod kitchen;
pub mod levels;
pub mod meta;
pub mod play;
#[cfg(unix)]
pub mod real;
pub mod scenario;
pub mod simulate;

#[cfg(unix)]
pub use answer::Api;
