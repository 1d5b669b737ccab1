//! A progress bar on standard error, shown only if that is a terminal.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

use std::fmt::Write;

pub use indicatif::ProgressBar;
use indicatif::{ProgressState, ProgressStyle};

/// A bar of `count` steps, as wide as the terminal allows. Its message says what is being done.
pub fn steps(count: usize) -> ProgressBar {
    bar(count, "{wide_bar} {pos}/{len} {msg}")
}

/// A bar of `count` calls, with calls per second and the remaining time.
pub fn calls(count: usize) -> ProgressBar {
    bar(count, "{wide_bar} {pos}/{len} {rate} {eta}")
}

/// The progress of calls whose total number is unknown.
pub fn uncounted() -> ProgressBar {
    bar(0, "{pos} {rate}")
}

fn bar(count: usize, template: &str) -> ProgressBar {
    // indicatif's own `per_sec` has four decimals.
    let rate = |state: &ProgressState, out: &mut dyn Write| {
        let _ = out.write_str(&rate(state.per_sec()));
    };
    let style = ProgressStyle::with_template(template).expect("a constant template");
    ProgressBar::new(count as u64).with_style(style.with_key("rate", rate))
}

/// A rate with three digits: "489/s", "48.9/s", "0.0489/s".
fn rate(per_second: f64) -> String {
    let digits = if per_second > 0.0 { (2.0 - per_second.log10().floor()).clamp(0.0, 6.0) as usize } else { 0 };
    format!("{per_second:.digits$}/s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_shows_three_digits() {
        for (per_second, shown) in [
            (488.6882, "489/s"),
            (48.86882, "48.9/s"),
            (4.886, "4.89/s"),
            (0.04886, "0.0489/s"),
            (0.0, "0/s"),
            (1e6, "1000000/s"),
        ] {
            assert_eq!(rate(per_second), shown);
        }
    }

    #[test]
    fn a_bar_counts_and_is_silent_without_a_terminal() {
        for bar in [steps(3), calls(3)] {
            bar.inc(2);
            assert_eq!((bar.position(), bar.length()), (2, Some(3)));
            assert!(bar.is_hidden() || std::io::IsTerminal::is_terminal(&std::io::stderr()));
            bar.finish_and_clear();
        }
    }
}
