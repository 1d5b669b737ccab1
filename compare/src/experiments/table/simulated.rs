//! The rows on computing, by the simulator of `gil-sim`: the lock of a CPython in virtual time, on a made-up machine with as many
//! cores as this one. It does not depend on how busy this machine is.

use gil_sim::sim::{self, Group, Kind, Machine, Outcome, Setup, Speed, Step};
use lab::lang::Text;
use lab::machine;

use super::plan::Technique;

/// What each unit computes, in virtual ns.
const UNIT: u64 = 100_000_000;
/// CPython's default switch interval, in ns.
const INTERVAL: u64 = 5_000_000;

/// Busy cores on average while the units of a technique compute: under a GIL, or without one. The speed-up is the same number, as the
/// work is. With Technique::Sequence, and with tasks, one thread does all of it.
pub fn cores(kind: Kind, technique: Technique, units: usize) -> f64 {
    let group = |n: usize, interpreter, times| Group {
        name: Text::same("unit"),
        count: n,
        interpreter,
        steps: vec![Step::Run(UNIT)],
        times: Some(times),
    };
    let groups = match technique {
        Technique::Threads | Technique::ThreadsGil => vec![group(units, 0, 1)],
        // A process has an interpreter, and a GIL, of its own.
        Technique::Processes | Technique::ProcessesGil => (0..units).map(|n| group(1, n, 1)).collect(),
        _ => vec![group(1, 0, units as u64)],
    };
    let setup = Setup { kind, interval: INTERVAL, groups, end: u64::MAX / 4, keep: 0, seed: 1 };
    let Outcome { lasted, .. } = sim::run(&setup, &Machine::typical(machine::cores()), &Speed::typical());
    (UNIT * units as u64) as f64 / lasted as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lock_makes_threads_serial() {
        if machine::cores() < 2 {
            return println!("not measured: there is only one core");
        }
        let of = |kind, technique| cores(kind, technique, 4);
        for kind in [Kind::Shared, Kind::Addressed] {
            assert!(of(kind, Technique::Threads) <= 1.0);
            assert!(of(kind, Technique::Asyncio) <= 1.0);
            assert!(of(kind, Technique::Processes) > 1.5);
        }
        assert!(of(Kind::Free, Technique::Threads) > 1.5, "the known-wrong lock: none");
    }
}
