//! Median, quantile, range, and how sure a median is: the only statistics that reports print.

use std::collections::BTreeMap;

/// The middle value; for an even number of values, the mean of the two in the middle. `None` without values.
pub fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[half]),
        _ => Some(f64::midpoint(sorted[half - 1], sorted[half])),
    }
}

/// The quantile at `part`, 0 to 1: at least that share of the values is no larger. `None` without values.
pub fn quantile(samples: &[f64], part: f64) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    Some(sorted[((part.clamp(0.0, 1.0) * sorted.len() as f64) as usize).min(last)])
}

/// The smallest and the largest value. `None` without values.
pub fn range(samples: &[f64]) -> Option<(f64, f64)> {
    let least = samples.iter().copied().min_by(f64::total_cmp)?;
    let most = samples.iter().copied().max_by(f64::total_cmp)?;
    Some((least, most))
}

/// Resamples of a bootstrap. Twice as many change a bound of an interval by less than the noise that it describes.
const RESAMPLES: usize = 1000;
/// Of the bootstrap: the same samples give the same interval.
const SEED: u64 = 20_240_229;
/// The part of the resamples that an interval leaves out at each end, for 95 % within.
const TAIL: f64 = 0.025;

/// The resamples of `n` measurements, of the bootstrap (Efron 1979): each draws `n` of the numbers `0..n` with replacement. Every
/// distinct one stands once, sorted, with how often it was drawn.
pub fn resamples(n: usize) -> Vec<(Vec<usize>, usize)> {
    let mut state = SEED;
    let mut next = || {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let mut drawn = BTreeMap::new();
    for _ in 0..RESAMPLES {
        let mut one: Vec<usize> = (0..n).map(|_| ((u128::from(next()) * n as u128) >> 64) as usize).collect();
        one.sort_unstable();
        *drawn.entry(one).or_insert(0) += 1;
    }
    drawn.into_iter().collect()
}

/// The least and the largest value of the middle 95 % of the resamples: `values` has the value of each, and how often it was drawn.
/// `None` without values.
pub fn middle<T: Copy>(mut values: Vec<(T, usize)>, order: impl Fn(&T, &T) -> std::cmp::Ordering) -> Option<(T, T)> {
    values.sort_by(|(a, _), (b, _)| order(a, b));
    let all: usize = values.iter().map(|(_, times)| times).sum();
    let at = |part: f64| {
        let mut seen = 0;
        let reached = |(_, times): &&(T, usize)| {
            seen += times;
            seen as f64 >= part * all as f64
        };
        values.iter().find(reached).map(|(value, _)| *value)
    };
    Some((at(TAIL)?, at(1.0 - TAIL)?))
}

/// The 95 % confidence interval of the median, by the percentile bootstrap. With fewer than six samples it is their whole range.
/// `None` without samples.
pub fn median_interval(samples: &[f64]) -> Option<(f64, f64)> {
    let of = |(drawn, times): (Vec<usize>, usize)| {
        let drawn: Vec<f64> = drawn.iter().map(|n| samples[*n]).collect();
        median(&drawn).map(|median| (median, times))
    };
    middle(resamples(samples.len()).into_iter().filter_map(of).collect(), f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The distribution of the median of a resample is known: it is at most the k-th of n samples if more than half of n draws are
    /// among the first k, a binomial probability. For 3 samples 7/27 at each end; for 11 samples 0.7 % below the third and 5.1 % up to
    /// it, so that 2.5 % lies there.
    #[test]
    fn the_bootstrap_has_the_known_distribution() {
        let lowest: usize = resamples(3).iter().filter(|(drawn, _)| drawn[1] == 0).map(|(_, times)| times).sum();
        let (expected, sigma) = (1000.0 * 7.0 / 27.0, (1000.0_f64 * 7.0 / 27.0 * 20.0 / 27.0).sqrt());
        assert!((lowest as f64 - expected).abs() < 4.0 * sigma, "{lowest} of 1000, expected {expected:.0}");
        let eleven: Vec<f64> = (1..=11).map(f64::from).collect();
        assert_eq!(median_interval(&eleven), Some((3.0, 9.0)));
        assert_eq!(median_interval(&[2.0, 1.0, 3.0]), Some((1.0, 3.0)));
        assert_eq!(median_interval(&[5.0]), Some((5.0, 5.0)));
        assert_eq!(median_interval(&[]), None);
        assert_eq!(median_interval(&eleven), median_interval(&eleven), "seeded");
    }

    #[test]
    fn one_outlier_among_many_is_outside_the_interval() {
        let mut samples = vec![1.9; 20];
        samples[7] = 1.0;
        assert_eq!(median_interval(&samples), Some((1.9, 1.9)));
        samples.truncate(10);
        samples[..5].fill(1.0);
        assert_eq!(median_interval(&samples), Some((1.0, 1.9)), "half of them is no outlier");
    }

    #[test]
    fn median_of_odd_and_even_numbers() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 100.0]), Some(3.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 100.0]), Some(3.0));
    }

    #[test]
    fn quantiles() {
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(quantile(&hundred, 0.99), Some(100.0));
        assert_eq!(quantile(&hundred, 0.5), Some(51.0));
        assert_eq!(quantile(&hundred, 0.0), Some(1.0));
        assert_eq!(quantile(&hundred, 1.0), Some(100.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn range_is_smallest_and_largest() {
        assert_eq!(range(&[]), None);
        assert_eq!(range(&[2.0, -1.0, 5.0]), Some((-1.0, 5.0)));
    }
}
