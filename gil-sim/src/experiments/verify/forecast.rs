//! A forecast interval: what the simulator predicts where its input is uncertain, from repeated calibrations of the machine.
//!
//! Each of many simulated runs takes one calibration or another, of those that were made while two cores were as far from each other as in
//! the measured run, and lasts as long as that. They know nothing of what was measured on an interpreter with a GIL. What the model leaves
//! out comes in addition: [`MODEL`].

use lab::stats;

use super::cells::{Cell, Quantity};
use crate::calibrate::alike;
use crate::run_on_cpython::of_outcome;
use crate::sim::rng::Rng;
use crate::sim::{self, Machine, Setup, Speed};

/// The part of future runs that the interval is to contain.
pub(crate) const PART: f64 = 0.9;
/// What the model leaves out, such as Python's memory management and the system's own threads, as a standard deviation of the logarithm: where
/// calibrations agreed (their interval was narrower than a quarter of its value), the measured medians of five interpreters were off by 6 %
/// and 5 % in two runs (root mean square, 67 cells, 30 November 2026).
const MODEL: f64 = 0.05;
/// The 95 % quantile of a normal distribution: nine of ten values lie within so many standard deviations of its mean.
const NORMAL: f64 = 1.645;
/// Simulated medians for each cell.
const RUNS: u64 = 100;
/// Fewer calibrations at one distance tell less than all together.
const FEWEST: usize = 3;

/// The machine and one interpreter on it, as measured at one time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Calibration {
    pub(crate) machine: Machine,
    pub(crate) speed: Speed,
}

impl Calibration {
    fn is_of(&self, distance: Option<u64>) -> bool {
        alike(self.machine.core_to_core, distance)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Forecast {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Forecast {
    pub(crate) fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// How many times as large its upper end is as its lower one.
    pub(crate) fn width(&self) -> f64 {
        self.high / self.low
    }

    /// The interval of the median of such rounds, each with the distances of two cores before and after it; None where the simulator cannot
    /// tell, or from fewer than two calibrations.
    pub(crate) fn of(cell: &Cell, calibrations: &[Calibration], rounds: &[[Option<u64>; 2]]) -> Option<Forecast> {
        let values: Vec<f64> = (1..=RUNS).filter_map(|seed| median(cell, calibrations, rounds, seed)).collect();
        let used = |one: &&Calibration| rounds.iter().flatten().any(|distance| one.is_of(*distance));
        let used = calibrations.iter().filter(used).count();
        Forecast::of_runs(&values, if used < FEWEST { calibrations.len() } else { used })
    }

    /// The quantiles of the runs, moved away from their median in logarithms: few calibrations know little of how much the next one will
    /// differ. The factor is that of a prediction interval from so many values of a normal distribution (Student's t) over that of a known
    /// one. What the model leaves out is independent of it, so the squares add up.
    pub(crate) fn of_runs(values: &[f64], calibrations: usize) -> Option<Forecast> {
        let wider = wider(calibrations)?;
        let logs: Vec<f64> = values.iter().filter(|value| **value > 0.0).map(|value| value.ln()).collect();
        let (middle, half) = (stats::median(&logs)?, (1.0 - PART) / 2.0);
        let away = |part| Some(((stats::quantile(&logs, part)? - middle) * wider).hypot(NORMAL * MODEL));
        Some(Forecast { low: (middle - away(half)?).exp(), high: (middle + away(1.0 - half)?).exp() })
    }
}

/// The last calibration at this distance of two cores; the last one if there is none.
pub(crate) fn latest(calibrations: &[Calibration], distance: Option<u64>) -> Option<&Calibration> {
    calibrations.iter().rfind(|one| one.is_of(distance)).or(calibrations.last())
}

/// What as many simulated runs say together as were measured.
fn median(cell: &Cell, calibrations: &[Calibration], rounds: &[[Option<u64>; 2]], seed: u64) -> Option<f64> {
    let mut rng = Rng::new(seed);
    let values = rounds.iter().filter_map(|[before, after]| {
        // Nobody knows when it changed.
        let distance = if rng.unit() < 0.5 { *before } else { *after };
        let like: Vec<&Calibration> = calibrations.iter().filter(|one| one.is_of(distance)).collect();
        let of = if like.len() < FEWEST { calibrations.iter().collect() } else { like };
        one_run(cell, &of, &mut rng)
    });
    stats::median(&values.collect::<Vec<_>>())
}

/// What one simulated run says, with one of these calibrations: what was measured together belongs together.
fn one_run(cell: &Cell, calibrations: &[&Calibration], rng: &mut Rng) -> Option<f64> {
    let Calibration { machine, speed } = pick(calibrations, rng)?;
    // Its seed is drawn too: rounds of one calibration differ.
    let seed = (rng.unit() * (1_u64 << 53) as f64) as u64;
    let simulated = cell.played(|setup| {
        let setup = Setup { seed, ..setup.clone() };
        Ok(of_outcome(&sim::run(&setup, machine, speed), &setup))
    });
    let value = simulated.ok()?.value?;
    // The computing threads were given an amount of work, and the processor's speed changes from one run to the next.
    let faster = pick(calibrations, rng)?.speed.iteration / pick(calibrations, rng)?.speed.iteration;
    Some(if matches!(cell.quantity, Quantity::Ratio(_) | Quantity::Wall) { value * faster } else { value })
}

fn pick<'a>(calibrations: &[&'a Calibration], rng: &mut Rng) -> Option<&'a Calibration> {
    calibrations.get((rng.unit() * calibrations.len() as f64) as usize).or(calibrations.last()).copied()
}

/// How much wider an interval from so many calibrations is than one from very many; None: from one alone nothing can be said.
fn wider(calibrations: usize) -> Option<f64> {
    /// The 95 % quantile of Student's t for 1, 2, … degrees of freedom, and of the normal distribution.
    const T: [f64; 9] = [6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833];
    let freedom = calibrations.checked_sub(2)?;
    // Beyond the table: the first terms of its expansion in the inverse of the degrees of freedom.
    let far = |n: f64| NORMAL + 1.524 / n + 1.42 / (n * n);
    let t = T.get(freedom).copied().unwrap_or_else(|| far(freedom as f64 + 1.0));
    Some(t * (1.0 + 1.0 / calibrations as f64).sqrt() / NORMAL)
}

#[cfg(test)]
mod tests {
    use super::super::cells;
    use super::*;
    use crate::sim::Pairs;
    use lab::python::Interpreter;

    #[test]
    fn few_calibrations_make_a_wide_interval() {
        let values: Vec<f64> = (0..100).map(|n| 100.0 + f64::from(n)).collect();
        let of = |n| Forecast::of_runs(&values, n).expect("enough");
        assert!(of(2).width() > of(3).width() && of(3).width() > of(20).width());
        let many = of(10_000);
        assert!(
            (103.0..104.5).contains(&many.low) && (195.0..198.0).contains(&many.high),
            "the quantiles themselves, and a little for what the model leaves out: {many:?}"
        );
        assert!(many.contains(150.0) && !many.contains(99.0) && !many.contains(199.0));
        let agreed = Forecast::of_runs(&[100.0; 100], 10_000).expect("enough");
        assert!(agreed.contains(107.0) && agreed.contains(93.0) && !agreed.contains(110.0), "{agreed:?}");
        assert_eq!(Forecast::of_runs(&values, 1), None, "one calibration does not tell how much the next will differ");
        assert_eq!(Forecast::of_runs(&[], 5), None);
        // Where table and expansion meet they agree.
        assert!((wider(10).unwrap() - wider(11).unwrap()).abs() < 0.03);
    }

    /// Calibrations that differ make an interval that contains what each of them alone would predict.
    #[test]
    fn what_the_calibrations_differ_in_is_what_makes_it_wide() {
        let python =
            Interpreter { path: "p".into(), implementation: "CPython".into(), version: [3, 12, 1], gil: Some(true) };
        let cells = cells::shipped(&python, false).unwrap();
        let cell =
            cells.iter().find(|cell| cell.name.en == "1 CPU, answer after 1 ms, interval 5 ms").expect("shipped");
        let with = |wake| Calibration {
            machine: Machine { wake: Pairs::constant(wake, 3000), ..Machine::typical(2) },
            speed: Speed::typical(),
        };
        let of = |calibrations: &[Calibration]| Forecast::of(cell, calibrations, &[[None; 2]]).unwrap();
        let same = of(&[with(20_000), with(20_000), with(20_000)]);
        // One of them always loses the race for the lock: see `tests/it/convoy.rs`.
        let differ = of(&[with(1000), with(20_000), with(20_000)]);
        assert!(same.width() < 1.3 && differ.width() > 1.5, "{same:?} {differ:?}");
        let alone = |one: Calibration| median(cell, &[one], &[[None; 2]], 1).unwrap();
        assert!(differ.contains(alone(with(1000))) && differ.contains(alone(with(20_000))));
        assert!(!same.contains(alone(with(1000))), "known to be wrong: an interval that has never seen it");
        // Of cores that are near each other and of cores that are not: what was measured at one distance says nothing of the other.
        let at = |distance, wake| {
            let machine = Machine { core_to_core: Some(distance), ..with(wake).machine };
            Calibration { machine, speed: Speed::typical() }
        };
        let both = [at(27, 1000), at(27, 1000), at(28, 1000), at(165, 20_000), at(160, 20_000), at(170, 20_000)];
        let of = |rounds: &[[u64; 2]]| {
            let rounds: Vec<_> = rounds.iter().map(|round| round.map(Some)).collect();
            Forecast::of(cell, &both, &rounds).unwrap()
        };
        let (near, far) = (of(&[[26, 27]]), of(&[[166, 164]]));
        assert!(near.width() < 1.3 && far.width() < 1.3, "{near:?} {far:?}");
        assert!(near.contains(alone(with(1000))) && far.contains(alone(with(20_000))));
        assert!(!near.contains(alone(with(20_000))), "known to be wrong: the other distance");
        assert!(of(&[[27, 165]]).width() > 1.5, "it changed within the round");
        assert!(of(&[[27, 27], [165, 165], [26, 26]]).width() < 1.3, "the median is one of the two that are alike");
        assert!(of(&[[500, 500]]).width() > 1.5, "not known: all of them");
        assert_eq!(latest(&both, Some(27)), Some(&both[2]));
        assert_eq!(latest(&both, None), both.last());
    }
}
