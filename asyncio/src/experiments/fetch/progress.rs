//! How far a run has come.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of so many calls, on standard error, and only if that is a terminal.
pub fn bar(calls: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {per_sec} {eta}").expect("a constant template");
    ProgressBar::new(calls as u64).with_style(style)
}
