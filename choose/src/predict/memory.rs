//! Memory: how much a way needs, and how far native code that waits for it can be speeded up.

use super::way::{Plan, Prediction, Way};
use crate::recording::Recording;

/// How much memory a way needs: at least what the program has now, or at most a copy of it for each worker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Needed {
    /// One process: the pieces that run together may need more than one piece did. In bytes.
    AtLeast(f64),
    /// A process each for the program and its workers. What they inherit and never change they share. In bytes.
    AtMost(f64),
}

/// The memory that a way needs, on each machine; `None` if the program's was not seen.
pub fn needed(recording: &Recording, prediction: &Prediction, plan: Plan) -> Option<Needed> {
    let one = recording.memory;
    let all = |workers: u64| Needed::AtMost(one * (workers + 1) as f64);
    (one > 0.0).then(|| match prediction.way {
        Way::Processes | Way::Interpreters => all(prediction.workers),
        Way::Cluster => all(plan.cores.min(prediction.workers)),
        Way::Threads | Way::Asyncio | Way::FreeThreaded | Way::Native => Needed::AtLeast(one),
    })
}

/// Whether that may be more than was available.
pub fn may_not_fit(recording: &Recording, needed: Needed) -> bool {
    let (Needed::AtLeast(bytes) | Needed::AtMost(bytes)) = needed;
    let available = recording.machine.available;
    available > 0.0 && bytes > available
}

/// How many times as long native code would take if it only waited for memory while so many of its workers run together: 1 where
/// nothing speaks for it. Whether it does cannot be seen: that is what hardware counters are for, which most virtual machines hide.
pub(super) fn memory_bound(recording: &Recording, together: u64) -> f64 {
    let machine = &recording.machine;
    if machine.copy_gain <= 0.0 || recording.memory <= machine.cache {
        return 1.0;
    }
    // Of more threads than were measured it is not known that they are faster.
    (together as f64 / machine.copy_gain.max(1.0)).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Machine;
    use lab::lang::Text;

    const GIB: f64 = (1_u64 << 30) as f64;

    fn recorded() -> Recording {
        let machine = Machine { available: 8.0 * GIB, cache: GIB / 32.0, copy_gain: 1.5, copiers: 2.0 };
        Recording { memory: GIB, machine, ..Recording::default() }
    }

    fn way(way: Way, workers: u64) -> Prediction {
        Prediction { way, factor: 1.0, low: 1.0, high: 1.0, workers, doubt: Text::default() }
    }

    const PLAN: Plan = Plan { pieces: 100, cores: 4, payload: 0, hosts: 10 };

    #[test]
    fn each_process_has_its_memory() {
        let recording = recorded();
        let of = |prediction| needed(&recording, &prediction, PLAN).unwrap();
        assert_eq!(of(way(Way::Processes, 7)), Needed::AtMost(8.0 * GIB));
        assert!(!may_not_fit(&recording, of(way(Way::Processes, 7))));
        assert!(may_not_fit(&recording, of(way(Way::Processes, 8))));
        assert_eq!(of(way(Way::Threads, 32)), Needed::AtLeast(GIB));
        assert_eq!(of(way(Way::Cluster, 40)), Needed::AtMost(5.0 * GIB), "on each machine");
        assert_eq!(needed(&Recording::default(), &way(Way::Threads, 2), PLAN), None);
        let unknown = Recording { machine: Machine::default(), ..recording };
        assert!(!may_not_fit(&unknown, Needed::AtMost(1e15)), "nothing is known");
    }

    #[test]
    fn native_code_on_more_than_the_cache_may_be_bound_by_memory() {
        let recording = recorded();
        assert_eq!(memory_bound(&recording, 3), 2.0);
        assert_eq!(memory_bound(&recording, 1), 1.0);
        assert_eq!(memory_bound(&Recording { memory: GIB / 64.0, ..recording.clone() }, 3), 1.0, "the cache holds it");
        assert_eq!(memory_bound(&Recording { machine: Machine::default(), ..recording }, 3), 1.0, "not measured");
    }
}
