//! A scenario by the rules that the reader is given ([`Scenario::rules`]), without a machine: what comes out on paper. A question is asked
//! only if the simulator says the same.

use gil_sim::sim::{Kind, Step};

use super::scenario::{MS, Scenario};

/// What comes out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ByHand {
    /// When each thread is done, in ns.
    pub done: Vec<u64>,
    /// How often the GIL went to another thread.
    pub switches: u64,
    /// From, to, and which thread held the GIL; without a GIL: had something to compute.
    computed: Vec<(u64, u64, usize)>,
}

impl ByHand {
    /// Works it out.
    pub fn of(scenario: &Scenario) -> ByHand {
        match scenario.kind {
            Kind::Free => Sharing::new(scenario).run(),
            _ => Queueing::new(scenario).run(),
        }
    }

    /// When all are done.
    pub fn lasted(&self) -> u64 {
        self.done.iter().copied().max().unwrap_or(0)
    }

    /// Who computes at a moment, in the order of the threads.
    pub fn at(&self, moment: u64) -> Vec<usize> {
        let there = self.computed.iter().filter(|(start, end, _)| (*start..*end).contains(&moment));
        let mut there: Vec<usize> = there.map(|(_, _, thread)| *thread).collect();
        there.sort_unstable();
        there
    }
}

/// Threads are started one after another, so far apart.
const START: u64 = 20_000;

/// The step of a thread, counted over all rounds.
fn step(scenario: &Scenario, thread: usize, number: usize) -> Option<Step> {
    let (steps, times) = &scenario.threads[thread];
    (number < steps.len() * *times as usize).then(|| steps[number % steps.len()])
}

/// One GIL, and the queue of those who wait for it.
struct Queueing<'a> {
    scenario: &'a Scenario,
    now: u64,
    /// Of each thread: the number of its step, and what is left of it to compute.
    number: Vec<usize>,
    left: Vec<u64>,
    /// Threads that need no GIL now, and until when.
    outside: Vec<(u64, usize)>,
    /// In order: the thread, until when it waits, and the switches when it began to.
    queue: Vec<(usize, u64, u64)>,
    holder: Option<usize>,
    last_holder: Option<usize>,
    asked: bool,
    found: ByHand,
}

impl Queueing<'_> {
    fn new(scenario: &Scenario) -> Queueing<'_> {
        let threads = scenario.threads.len();
        Queueing {
            scenario,
            now: 0,
            number: vec![0; threads],
            left: vec![0; threads],
            outside: (0..threads).map(|n| (START * n as u64, n)).collect(),
            queue: Vec::new(),
            holder: None,
            last_holder: None,
            asked: false,
            found: ByHand { done: vec![0; threads], ..ByHand::default() },
        }
    }

    fn run(mut self) -> ByHand {
        while self.event() {}
        self.found
    }

    fn present(&self, thread: usize) -> Option<Step> {
        step(self.scenario, thread, self.number[thread])
    }

    fn event(&mut self) -> bool {
        let ends = self.holder.map(|holder| self.now + self.left[holder]);
        let comes = self.outside.iter().copied().min();
        let waited = self.queue.iter().map(|(_, until, _)| *until).min();
        let Some(at) = [ends, comes.map(|(at, _)| at), waited].into_iter().flatten().min() else { return false };
        if let Some(holder) = self.holder {
            self.left[holder] -= at - self.now;
        }
        self.now = at;
        if ends == Some(at) {
            self.holder_has_finished_a_step();
        } else if let Some((_, thread)) = comes.filter(|(then, _)| *then == at) {
            self.outside.retain(|(_, other)| *other != thread);
            self.wants(thread);
        } else {
            self.interval_is_over(at);
        }
        true
    }

    fn interval_is_over(&mut self, at: u64) {
        let place = self.queue.iter().position(|(_, until, _)| *until == at).expect("the earliest of them");
        let (thread, _, before) = self.queue.remove(place);
        self.stands_in_line(thread);
        self.asked |= before == self.found.switches;
        // A holder that computes lets go at once; C code does not look.
        let holder = self.holder.expect("somebody waits for it");
        if self.asked && matches!(self.present(holder), Some(Step::Run(_))) {
            self.release();
            self.wants(holder);
        }
    }

    fn stands_in_line(&mut self, thread: usize) {
        self.queue.push((thread, self.now + self.scenario.interval * MS, self.found.switches));
    }

    fn wants(&mut self, thread: usize) {
        if self.holder.is_none() { self.takes(thread) } else { self.stands_in_line(thread) }
    }

    fn takes(&mut self, thread: usize) {
        (self.holder, self.asked) = (Some(thread), false);
        self.found.switches += u64::from(self.last_holder.replace(thread) != Some(thread));
        self.found.computed.push((self.now, u64::MAX, thread));
        if self.left[thread] == 0 {
            self.begins();
        }
    }

    fn release(&mut self) {
        self.holder = None;
        if let Some((_, end, _)) = self.found.computed.last_mut() {
            *end = self.now;
        }
        if !self.queue.is_empty() {
            let (next, ..) = self.queue.remove(0);
            self.takes(next);
        }
    }

    fn holder_has_finished_a_step(&mut self) {
        let holder = self.holder.expect("it has finished");
        let was_native = matches!(self.present(holder), Some(Step::NativeHeld(_)));
        self.number[holder] += 1;
        if was_native && self.asked {
            self.release();
            return self.wants(holder);
        }
        self.begins();
    }

    /// The holder begins its step.
    fn begins(&mut self) {
        let holder = self.holder.expect("it holds the GIL");
        match self.present(holder) {
            Some(Step::Run(ns) | Step::NativeHeld(ns)) => self.left[holder] = ns,
            Some(Step::Wait(ns) | Step::Native(ns)) => {
                self.number[holder] += 1;
                self.outside.push((self.now + ns, holder));
                self.release();
            }
            _ => {
                self.found.done[holder] = self.now;
                self.release();
            }
        }
    }
}

/// No GIL: the cores are shared fairly by all that compute.
struct Sharing<'a> {
    scenario: &'a Scenario,
    now: u64,
    number: Vec<usize>,
    /// Threads that compute, since when, and what is left to do.
    computing: Vec<(usize, u64, u64)>,
    waiting: Vec<(u64, usize)>,
    found: ByHand,
}

impl Sharing<'_> {
    fn new(scenario: &Scenario) -> Sharing<'_> {
        let threads = scenario.threads.len();
        Sharing {
            scenario,
            now: 0,
            number: vec![0; threads],
            computing: Vec::new(),
            waiting: (0..threads).map(|n| (START * n as u64, n)).collect(),
            found: ByHand { done: vec![0; threads], ..ByHand::default() },
        }
    }

    /// So many threads share a core.
    fn stretched(&self, ns: u64) -> u64 {
        let (threads, cores) = (self.computing.len() as u64, self.scenario.cores);
        if threads > cores { (ns * threads).div_ceil(cores) } else { ns }
    }

    fn run(mut self) -> ByHand {
        loop {
            let ends = self.computing.iter().map(|(_, _, left)| self.now + self.stretched(*left)).min();
            let comes = self.waiting.iter().copied().min();
            let Some(at) = [ends, comes.map(|(at, _)| at)].into_iter().flatten().min() else { return self.found };
            let whole = self.stretched(1_000_000);
            let did = (at - self.now) * 1_000_000 / whole;
            self.computing.iter_mut().for_each(|(_, _, left)| *left = left.saturating_sub(did));
            self.now = at;
            if let Some((_, thread)) = comes.filter(|(then, _)| *then == at) {
                self.waiting.retain(|(_, other)| *other != thread);
                self.begins(thread);
            }
            // What is left is the rounding of the shares.
            while let Some(place) = self.computing.iter().position(|(_, _, left)| *left < 100) {
                let (thread, since, _) = self.computing.remove(place);
                self.found.computed.push((since, at, thread));
                self.begins(thread);
            }
        }
    }

    fn begins(&mut self, thread: usize) {
        match step(self.scenario, thread, self.number[thread]) {
            Some(Step::Run(ns) | Step::Native(ns) | Step::NativeHeld(ns)) => {
                self.computing.push((thread, self.now, ns))
            }
            Some(Step::Wait(ns)) => self.waiting.push((self.now + ns, thread)),
            _ => self.found.done[thread] = self.now,
        }
        self.number[thread] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(kind: Kind, cores: u64, threads: &[&[Step]]) -> Scenario {
        Scenario { kind, interval: 5, cores, threads: threads.iter().map(|steps| (steps.to_vec(), 1)).collect() }
    }

    fn ms(ns: u64) -> u64 {
        (ns + MS / 2) / MS
    }

    #[test]
    fn two_threads_take_turns_of_an_interval() {
        let run = [Step::Run(12 * MS)];
        let found = ByHand::of(&scenario(Kind::Shared, 2, &[&run, &run]));
        assert_eq!(found.done.iter().map(|ns| ms(*ns)).collect::<Vec<_>>(), [22, 24]);
        assert_eq!([2, 7, 12, 17, 21, 23].map(|at| found.at(at * MS)), [[0], [1], [0], [1], [0], [1]]);
        assert_eq!(found.switches, 6);
    }

    #[test]
    fn c_code_that_keeps_the_gil_lets_nobody_in() {
        let found = ByHand::of(&scenario(Kind::Shared, 2, &[&[Step::NativeHeld(30 * MS)], &[Step::Run(2 * MS)]]));
        assert_eq!(found.done.iter().map(|ns| ms(*ns)).collect::<Vec<_>>(), [32, 32]);
        assert_eq!((found.at(29 * MS), found.at(31 * MS)), (vec![0], vec![1]));
    }

    #[test]
    fn without_a_gil_cores_are_shared() {
        let run = [Step::Run(30 * MS)];
        let waits = [Step::Wait(30 * MS), Step::Run(10 * MS)];
        let done = |cores| {
            let found = ByHand::of(&scenario(Kind::Free, cores, &[&run, &run, &waits]));
            found.done.iter().map(|ns| ms(*ns)).collect::<Vec<_>>()
        };
        assert_eq!(done(3), [30, 30, 40]);
        assert_eq!(done(1), [70, 70, 60], "two share until 30 ms, then three");
    }
}
