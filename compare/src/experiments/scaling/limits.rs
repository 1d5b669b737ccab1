//! What a curve cannot exceed: the limit by Amdahl's law; and what the simulator predicts under a GIL.

use gil_sim::SWITCH_INTERVAL;
use gil_sim::sim::{self, Group, Kind, Machine, Setup, Speed, Step};
use lab::lang::Text;

// ANCHOR: amdahl
/// The largest speed-up by Amdahl's law (1967): the serial share of the one-worker run stays as it is, the rest is divided. No more
/// workers work at once than there are cores.
pub fn amdahl(serial: f64, workers: usize, cores: usize) -> f64 {
    let at_once = workers.min(cores) as f64;
    1.0 / (serial + (1.0 - serial) / at_once)
}
// ANCHOR_END: amdahl

/// The speed-up that the simulator predicts for threads under a GIL that divide a job of so many ns. Its machine has this one's cores
/// and typical latencies.
pub fn predicted(kind: Kind, job: f64, workers: usize, cores: usize) -> f64 {
    let steps = vec![Step::Run((job / workers as f64) as u64)];
    let setup = Setup {
        kind,
        interval: SWITCH_INTERVAL.as_nanos() as u64,
        groups: vec![Group { name: Text::default(), count: workers, interpreter: 0, steps, times: Some(1) }],
        end: u64::MAX / 4,
        keep: 0,
        seed: 1,
    };
    job / sim::run(&setup, &Machine::typical(cores), &Speed::typical()).lasted.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amdahls_limit_is_between_one_and_the_cores_and_falls_with_the_serial_share() {
        for cores in [1, 2, 6, 64] {
            for percent in 0..=100 {
                let serial = f64::from(percent) / 100.0;
                let limits: Vec<f64> = (1..300).map(|workers| amdahl(serial, workers, cores)).collect();
                assert!(limits.is_sorted(), "more workers do not lower it");
                assert!(
                    limits.iter().all(|limit| (0.999..cores as f64 + 0.001).contains(limit)),
                    "{cores}: {limits:?}"
                );
                assert!(limits.iter().all(|limit| limit * serial < 1.001), "1 ÷ the serial share bounds it");
            }
        }
        assert!((amdahl(0.0, 8, 4) - 4.0).abs() < 1e-9);
        assert!((amdahl(0.5, 2, 2) - 4.0 / 3.0).abs() < 1e-9);
        assert!((amdahl(1.0, 8, 8) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_simulator_predicts_no_gain_under_a_gil_and_a_gain_without() {
        for workers in [1, 2, 4, 8] {
            let under = predicted(Kind::Shared, 40e6, workers, 4);
            assert!((0.5..1.01).contains(&under), "{workers}: {under}");
        }
        let free = predicted(Kind::Free, 40e6, 4, 4);
        assert!(free > 3.0, "the known-wrong lock: {free}");
    }
}
