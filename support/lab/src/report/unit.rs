//! Units of measurements, and how values are written for readers.

use serde::{Deserialize, Serialize};

use crate::lang::Text;

/// The unit of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Nanoseconds.
    Ns,
    /// Bytes.
    Bytes,
    /// A plain number of things.
    Count,
    /// A ratio: how many times as fast, or as much.
    Times,
    /// A part of a whole, 0 to 1.
    Share,
}

/// A value with its unit, three digits.
pub fn value(v: f64, unit: Unit) -> String {
    match unit {
        Unit::Ns => duration(v),
        Unit::Count => format!("{v:.0}"),
        Unit::Times => format!("{v:.2}×"),
        Unit::Share => format!("{:.1} %", v * 100.0),
        Unit::Bytes if v < 1024.0 => format!("{v:.0} B"),
        Unit::Bytes if v < 1024.0 * 1024.0 => format!("{:.1} KiB", v / 1024.0),
        Unit::Bytes if v < 1024.0 * 1024.0 * 1024.0 => format!("{:.1} MiB", v / 1024.0 / 1024.0),
        Unit::Bytes => format!("{:.1} GiB", v / 1024.0 / 1024.0 / 1024.0),
    }
}

/// A ratio as the evidence of a verdict: "1.92×".
pub fn times(ratio: f64) -> Text {
    Text::same(value(ratio, Unit::Times))
}

/// A duration in ns as a person reads it: three digits and a unit.
pub fn duration(ns: f64) -> String {
    let (value, unit) = match ns {
        n if n < 1e3 => (n, "ns"),
        n if n < 1e6 => (n / 1e3, "µs"),
        n if n < 1e9 => (n / 1e6, "ms"),
        n => (n / 1e9, "s"),
    };
    let digits = match value {
        v if v < 10.0 => 2,
        v if v < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_a_unit() {
        assert_eq!(duration(999.0), "999 ns");
        assert_eq!(duration(1_500.0), "1.50 µs");
        assert_eq!(duration(15_250_000.0), "15.2 ms");
        assert_eq!(duration(2.004e9), "2.00 s");
    }
}
