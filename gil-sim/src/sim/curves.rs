//! Distributions of latencies, by how long something slept before.

use serde::{Deserialize, Serialize};

use super::rng::Rng;

/// A random duration whose distribution depends on how long something slept before: a sleeping core wakes more slowly,
/// and code that has not run for long finds its caches cold.
///
/// Holds measured quantiles for some times of sleep and interpolates between them, in the logarithm of the sleep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// Slept so long, in ns, ascending → durations in ns, ascending, at equal steps of probability. Never empty.
    pub points: Vec<(u64, Vec<u64>)>,
}

impl Curve {
    /// Always the same.
    pub fn constant(ns: u64) -> Curve {
        Curve { points: vec![(1, vec![ns])] }
    }

    /// From samples: for each time of sleep those durations that were measured.
    pub fn of_samples(samples: impl IntoIterator<Item = (u64, Vec<u64>)>) -> Curve {
        /// Steps of probability that are kept.
        const QUANTILES: usize = 32;
        let points = samples.into_iter().filter(|(_, all)| !all.is_empty()).map(|(slept, mut all)| {
            all.sort_unstable();
            let at = |i: usize| all[((2 * i + 1) * all.len()) / (2 * QUANTILES)];
            (slept.max(1), (0..QUANTILES).map(at).collect())
        });
        Curve { points: points.collect() }
    }

    /// The same with everything shorter by so much.
    pub fn less(mut self, ns: u64) -> Curve {
        self.points.iter_mut().flat_map(|(_, all)| all).for_each(|t| *t = t.saturating_sub(ns));
        self
    }

    /// One draw after so much sleep, in ns.
    pub fn draw(&self, slept: u64, rng: &mut Rng) -> u64 {
        match self.points.as_slice() {
            // A constant draws no random number, so that it does not shift the draws of other curves.
            [(_, only)] if only.len() == 1 => only[0],
            _ => self.quantile(slept, rng.unit()),
        }
    }

    /// The median after so much sleep, in ns.
    pub fn median(&self, slept: u64) -> u64 {
        self.quantile(slept, 0.5)
    }

    /// The duration that is not exceeded with probability `u` after so much sleep, in ns.
    pub fn quantile(&self, slept: u64, u: f64) -> u64 {
        let above = self.points.partition_point(|(t, _)| *t < slept);
        let value = |i: usize| {
            let all = &self.points[i].1;
            all[((u * all.len() as f64) as usize).min(all.len() - 1)]
        };
        match (above.checked_sub(1), self.points.get(above)) {
            (None, _) => value(0),
            (Some(last), None) => value(last),
            (Some(below), Some(_)) => {
                let (t0, t1) = (self.points[below].0 as f64, self.points[above].0 as f64);
                let part = ((slept as f64).ln() - t0.ln()) / (t1.ln() - t0.ln());
                let (v0, v1) = (value(below) as f64, value(above) as f64);
                (v0 + (v1 - v0) * part) as u64
            }
        }
    }
}

/// Two durations that belong together, by how long something slept before: the very pairs that were measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pairs {
    /// Slept so long, in ns, ascending → pairs of durations in ns. Never empty.
    pub points: Vec<(u64, Vec<(u64, u64)>)>,
}

impl Pairs {
    /// Always the same.
    pub fn constant(first: u64, second: u64) -> Pairs {
        Pairs { points: vec![(0, vec![(first, second)])] }
    }

    pub(super) fn is_whole(&self) -> bool {
        !self.points.is_empty() && self.points.iter().all(|(_, all)| !all.is_empty())
    }

    /// One draw after so much sleep. Between two points it draws from one of them, the nearer one more often.
    pub fn draw(&self, slept: u64, rng: &mut Rng) -> (u64, u64) {
        if let [(_, only)] = self.points.as_slice()
            && only.len() == 1
        {
            return only[0];
        }
        let above = self.points.partition_point(|(t, _)| *t < slept);
        let point = match (above.checked_sub(1), self.points.get(above)) {
            (None, _) => 0,
            (Some(last), None) => last,
            (Some(below), Some(_)) => {
                // Plus one: the logarithm of 0 is not defined.
                let ln = |t: u64| (t as f64 + 1.0).ln();
                let (t0, t1) = (ln(self.points[below].0), ln(self.points[above].0));
                if rng.unit() < (ln(slept) - t0) / (t1 - t0) { above } else { below }
            }
        };
        let all = &self.points[point].1;
        all[((rng.unit() * all.len() as f64) as usize).min(all.len() - 1)]
    }
}

/// The shares of signals that go to one who has not yet fallen asleep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Steals {
    /// It woke from a wait of so many ns, ascending → it began to wait again so many ns ago, ascending, with the share. Where
    /// there is nothing, nobody ever steals.
    pub points: Vec<(u64, Vec<(u64, f64)>)>,
}

impl Steals {
    /// The probability for one that waited `length` ns, woke, and began to wait again `age` ns ago. Later than the last point
    /// that was measured it sleeps.
    pub fn share(&self, length: u64, age: u64) -> f64 {
        let row = |i: usize| at_age(&self.points[i].1, age);
        let above = self.points.partition_point(|(t, _)| *t < length);
        match (above.checked_sub(1), self.points.get(above)) {
            (None, None) => 0.0,
            (None, _) => row(0),
            (Some(last), None) => row(last),
            (Some(below), Some(_)) => {
                let (t0, t1) = (self.points[below].0 as f64, self.points[above].0 as f64);
                let part = ((length as f64).ln() - t0.ln()) / (t1.ln() - t0.ln());
                row(below) + (row(above) - row(below)) * part
            }
        }
    }
}

fn at_age(shares: &[(u64, f64)], age: u64) -> f64 {
    let above = shares.partition_point(|(t, _)| *t < age);
    match (above.checked_sub(1), shares.get(above)) {
        (None, _) => shares.first().map_or(0.0, |(_, share)| *share),
        (Some(_), None) => 0.0,
        (Some(below), Some((t1, s1))) => {
            let (t0, s0) = shares[below];
            s0 + (s1 - s0) * (age - t0) as f64 / (t1 - t0).max(1) as f64
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_points_it_is_in_between() {
        let curve = Curve { points: vec![(1000, vec![10]), (100_000, vec![30])] };
        assert_eq!(curve.median(1), 10, "before the first point nothing is known but the first point");
        assert_eq!(curve.median(10_000), 20, "half way in the logarithm");
        assert_eq!(curve.median(1_000_000), 30);
    }

    #[test]
    fn who_sleeps_steals_nothing() {
        let steals = Steals { points: vec![(1000, vec![(300, 0.8), (500, 0.4)]), (100_000, vec![(300, 0.0)])] };
        assert_eq!(steals.share(1000, 0), 0.8);
        assert!((steals.share(500, 400) - 0.6).abs() < 1e-9, "half way");
        assert!((steals.share(10_000, 100) - 0.4).abs() < 1e-9, "half way in the logarithm");
        assert_eq!(steals.share(1000, 501), 0.0, "later than was measured");
        assert_eq!(Steals::default().share(1000, 0), 0.0);
    }

    #[test]
    fn samples_keep_their_median_and_their_tail() {
        let curve = Curve::of_samples([(5, (0..1000).collect::<Vec<u64>>())]);
        assert!(curve.median(5).abs_diff(500) < 40, "{}", curve.median(5));
        assert!(curve.quantile(5, 0.999) > 950 && curve.quantile(5, 0.0) < 50);
        let mut rng = Rng::new(7);
        let mean = (0..4000).map(|_| curve.draw(5, &mut rng)).sum::<u64>() / 4000;
        assert!(mean.abs_diff(500) < 40, "{mean}");
    }
}
