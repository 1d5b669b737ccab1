//! How far a run has come.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of so many steps, on standard error, and only if that is a terminal.
pub fn bar(steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}").expect("a constant template");
    ProgressBar::new(steps as u64).with_style(style)
}
