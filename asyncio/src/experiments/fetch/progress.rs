//! How far a run has come.

use std::fmt::Write;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

/// A bar of so many calls, on standard error, and only if that is a terminal.
pub fn bar(calls: usize) -> ProgressBar {
    // indicatif's own `per_sec` has four decimals.
    let rate = |state: &ProgressState, out: &mut dyn Write| {
        let _ = write!(out, "{:.0}/s", state.per_sec());
    };
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {rate} {eta}").expect("a constant template");
    ProgressBar::new(calls as u64).with_style(style.with_key("rate", rate))
}
