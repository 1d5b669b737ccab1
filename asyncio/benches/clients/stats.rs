//! Medians, and how they are printed.

pub fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The median with the smallest and the largest value; `?` if nothing was measured.
pub fn spread(values: &[f64], show: impl Fn(f64) -> String) -> String {
    let all = || values.iter().copied();
    match median(values) {
        Some(middle) => {
            let (least, most) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
            format!("{} ({} – {})", show(middle), show(least), show(most))
        }
        None => "?".to_owned(),
    }
}

pub fn seconds(s: f64) -> String {
    if s < 1.0 { format!("{:.0} ms", s * 1e3) } else { format!("{s:.2} s") }
}

pub fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

pub fn mib(bytes: f64) -> String {
    format!("{:.1} MiB", bytes / f64::from(1 << 20))
}
