//! The machine's latency model: what its system takes for the primitives that a lock is made of.

use serde::{Deserialize, Serialize};

use super::curves::{Curve, Pairs, Steals};

/// A machine as the simulator sees it. All times in ns. `calibrate` measures one; [`Machine::typical`] is made up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    pub cores: usize,
    /// How long one core takes to see what another one has written, while all of this was measured. None: there is one core, or it
    /// changed meanwhile. Not simulated: it tells which measurements belong together.
    #[serde(default)]
    pub core_to_core: Option<u64>,
    /// From a signal until the woken thread runs on an idle core, and what the signal cost its sender, by how long that core was
    /// idle.
    pub wake: Pairs,
    /// The same for a thread that has set a timer of so many ns, ascending, and is still on its way to sleep: setting it takes time. Where
    /// the core was idle for longer than was measured, `wake` holds.
    pub wake_timed: Vec<(u64, Pairs)>,
    /// What a signal costs whose receiver has to wait for a core.
    pub enqueue: u64,
    /// How long a thread that was woken while all cores are busy is queued before it preempts a running one. None: until a core
    /// is free, as in a real-time class.
    pub queued: Option<Curve>,
    /// A context switch from one thread to the next in the queue.
    pub dispatch: u64,
    /// The extra cost of a signal sent from a core that was idle just before, by how long.
    pub cold_signal: Curve,
    /// A wake-up call that finds nobody asleep.
    pub signal_nobody: u64,
    /// How late a timed wait ends, by its length; includes the wake-up.
    pub late: Curve,
    /// From a request until the computing thread that it is for has the lock's mutex, by the length of the wait before it.
    pub heard: Curve,
    /// How often a thread that has just begun to wait takes a signal meant for a longer waiter.
    pub steals: Steals,
    /// From such a signal until it is taken, and what it cost its sender, by the length of the wait before.
    pub stolen: Pairs,
    /// From a signal until it wakes the one who has just woken the signaller and fell asleep meanwhile, and what it cost, by the
    /// length of the wait before: how deep a core sleeps depends on how long it slept before.
    pub back: Pairs,
    /// A `send` that need not wake anybody, by how cold the core is.
    pub send: Curve,
    /// The same when the core has received since it was idle: what they have in common is warm.
    pub send_after: Curve,
    /// A `recv` that finds its message, by how cold the core is.
    pub receive: Curve,
    /// The same when the core has sent since it was idle.
    pub receive_after: Curve,
}

impl Machine {
    /// Whether every curve has samples. A file that was edited by hand may lack them.
    pub fn is_whole(&self) -> bool {
        let curves = [
            &self.cold_signal,
            &self.late,
            &self.heard,
            &self.send,
            &self.send_after,
            &self.receive,
            &self.receive_after,
        ];
        let whole = |curve: &Curve| !curve.points.is_empty() && curve.points.iter().all(|(_, all)| !all.is_empty());
        curves.into_iter().chain(&self.queued).all(whole)
            && [&self.wake, &self.stolen, &self.back]
                .into_iter()
                .chain(self.wake_timed.iter().map(|(_, all)| all))
                .all(Pairs::is_whole)
            && self.steals.points.iter().all(|(_, shares)| !shares.is_empty())
            && (1..=1024).contains(&self.cores)
    }

    /// From a signal until a thread runs that sleeps on a core that was idle for so long, and what the signal costs; `timer`: the one that it
    /// has set, in ns.
    pub(super) fn wake_of(&self, idle: u64, timer: Option<u64>) -> &Pairs {
        let measured = |all: &Pairs| all.points.last().is_some_and(|(longest, _)| idle <= *longest);
        let nearest = timer.and_then(|timer| {
            let distance = |length: u64| (length.max(1) as f64 / timer.max(1) as f64).ln().abs();
            self.wake_timed.iter().min_by(|a, b| distance(a.0).total_cmp(&distance(b.0)))
        });
        nearest.map(|(_, all)| all).filter(|all| measured(all)).unwrap_or(&self.wake)
    }

    /// A made-up machine with round numbers of the usual size: for tests, and for scenarios that must give the same result
    /// everywhere.
    pub fn typical(cores: usize) -> Machine {
        let us = |n: u64| Curve::constant(1000 * n);
        Machine {
            cores,
            core_to_core: None,
            wake: Pairs::constant(20_000, 3000),
            wake_timed: Vec::new(),
            enqueue: 1000,
            queued: None,
            dispatch: 2000,
            cold_signal: Curve::constant(0),
            signal_nobody: 300,
            late: us(55),
            heard: Curve::constant(500),
            steals: Steals::default(),
            stolen: Pairs::constant(1000, 1000),
            back: Pairs::constant(20_000, 3000),
            send: us(2),
            send_after: us(2),
            receive: us(1),
            receive_after: us(1),
        }
    }
}

/// What the simulator knows of an interpreter. All times in ns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speed {
    /// One iteration of `while n: n -= 1`, the unit of CPU-bound work.
    pub iteration: f64,
    /// Python's own work from the return of `recv` to the system call of the next `send`, by how long the thread slept before.
    pub before_send: Curve,
    /// Python's own work from the return of `send` to the system call of `recv`.
    pub before_receive: Curve,
    /// Python 2: the time of a hundred ticks.
    pub hundred_ticks: u64,
}

impl Speed {
    /// A made-up interpreter with numbers of the usual size.
    pub fn typical() -> Speed {
        Speed {
            iteration: 30.0,
            before_send: Curve::constant(4000),
            before_receive: Curve::constant(1000),
            hundred_ticks: 1500,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_matters_only_on_the_way_to_sleep() {
        let until =
            |longest: u64, latency| Pairs { points: vec![(0, vec![(latency, 1)]), (longest, vec![(latency, 1)])] };
        let machine = Machine {
            wake_timed: vec![(500_000, until(35_000, 8000)), (5_000_000, until(35_000, 12_000))],
            ..Machine::typical(2)
        };
        let latency = |idle, timer| machine.wake_of(idle, timer).points[0].1[0].0;
        assert_eq!(latency(4000, Some(400_000)), 8000);
        assert_eq!(latency(4000, Some(20_000_000)), 12_000, "the nearest that was measured");
        assert_eq!(latency(4000, Some(2_000_000)), 12_000, "nearest in the logarithm");
        assert_eq!(latency(4000, None), 20_000, "no timer");
        assert_eq!(latency(40_000, Some(400_000)), 20_000, "it sleeps");
        assert_eq!(Machine::typical(2).wake_of(4000, Some(400_000)).points[0].1[0].0, 20_000, "not measured");
    }

    #[test]
    fn a_curve_without_samples_is_no_machine() {
        assert!(Machine::typical(1).is_whole());
        let empty = Pairs { points: vec![(0, Vec::new())] };
        assert!(!Machine { wake_timed: vec![(1, empty.clone())], ..Machine::typical(1) }.is_whole());
        assert!(!Machine { wake: empty, ..Machine::typical(1) }.is_whole());
    }
}
