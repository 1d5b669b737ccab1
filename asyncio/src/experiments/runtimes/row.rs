//! The results of one runtime.

use std::collections::HashSet;
use std::time::Duration;

use lab::claims::Verdict;
use lab::lang::Text;
use lab::report::{Measure, Unit};
use lab::trace::{Lane, State, Trace};
use lab::{Result, clock, text};

use super::microbench::{Operation, Took};
use crate::overlap::{self, ThreadModel};
use crate::programs::{Nap, Program};

/// How often each program runs, in turn with the others.
pub(crate) const ROUNDS: usize = 3;
/// Number of sleeping tasks with which the memory per task is measured, in a separate process.
pub(crate) const MEMORY_TASKS: usize = 10_000;

/// The results of one runtime, one sample per round.
pub(crate) struct Row {
    pub(crate) program: Program,
    pub(crate) wall: Vec<f64>,
    /// CPU time of the whole process; empty if the system does not report it.
    cpu: Vec<f64>,
    pub(crate) threads: Vec<f64>,
    peak: Vec<f64>,
    /// The round in which the fewest tasks waited at once; the verdict is on this round.
    pub(super) trace: Trace,
    pub(super) operations: Vec<(Operation, Took)>,
}

impl Row {
    pub(super) fn new(program: Program) -> Row {
        let (wall, cpu, threads, peak) = Default::default();
        Row { program, wall, cpu, threads, peak, trace: Trace::default(), operations: Vec::new() }
    }

    pub(super) fn run_once(&mut self, tasks: usize, pause: Duration) -> Result<()> {
        let (start, cpu) = (clock::now(), clock::cpu());
        let naps = (self.program.run)(tasks, pause)?;
        self.wall.push((clock::now() - start) as f64);
        self.cpu.extend(clock::cpu().zip(cpu).map(|(after, before)| (after - before) as f64));
        let threads: HashSet<_> = naps.iter().flat_map(|nap| nap.threads).collect();
        self.threads.push(threads.len() as f64);
        let trace = Trace::new(Text::same(self.program.name), lanes(&naps));
        let peak = trace.peak_in_flight(&[State::WaitingForIo]) as f64;
        if self.peak.iter().all(|&other| peak <= other) {
            self.trace = trace;
        }
        self.peak.push(peak);
        Ok(())
    }

    pub(super) fn verdict(&self) -> Verdict {
        overlap::judge(self.program.name, &self.trace, self.program.model, Some(most(&self.threads)))
    }

    /// `None` for a runtime that is meant to use several threads.
    pub(super) fn one_thread(&self) -> Option<Verdict> {
        let Row { program, trace, threads, .. } = self;
        (program.model == ThreadModel::OneThread)
            .then(|| overlap::one_thread(program.name, trace.lanes.len(), most(threads)))
    }

    pub(super) fn measures(&self) -> Vec<Measure> {
        let mut all = vec![
            self.measure("wall", &text!("벽시계 시간", "wall time"), Unit::Ns, &self.wall),
            self.measure("threads", &text!("스레드 수", "threads"), Unit::Count, &self.threads),
            self.measure("peak", &text!("동시 대기 최댓값", "waiting at once, peak"), Unit::Count, &self.peak),
            self.measure("cpu", &text!("CPU 시간", "CPU time"), Unit::Ns, &self.cpu),
        ];
        for operation in Operation::ALL {
            let took = || self.operations.iter().filter(|(done, _)| *done == operation).map(|(_, took)| took);
            let Text { ko, en } = operation.name();
            let (wall, cpu): (Vec<f64>, Vec<f64>) =
                (took().map(|t| t.wall).collect(), took().filter_map(|t| t.cpu).collect());
            all.push(self.measure(
                &format!("wall.{}", operation.id()),
                &text!("{ko}, 벽시계 시간", "{en}, wall time"),
                Unit::Ns,
                &wall,
            ));
            all.push(self.measure(
                &format!("cpu.{}", operation.id()),
                &text!("{ko}, CPU 시간", "{en}, CPU time"),
                Unit::Ns,
                &cpu,
            ));
        }
        all.retain(|measure| !measure.samples.is_empty());
        all
    }

    fn measure(&self, id: &str, what: &Text, unit: Unit, samples: &[f64]) -> Measure {
        let Program { id: runtime, name, .. } = self.program;
        let name = Text { ko: format!("{name}: {}", what.ko), en: format!("{name}: {}", what.en) };
        Measure::new(format!("{id}.{runtime}"), name, unit, samples.to_vec())
    }
}

/// One lane per nap.
pub fn lanes(naps: &[Nap]) -> Vec<Lane> {
    let lane =
        |(i, nap): (usize, &Nap)| Lane::of(text!("태스크 {i}", "Task {i}"), State::WaitingForIo, nap.start, nap.end);
    naps.iter().enumerate().map(lane).collect()
}

/// The largest of some counts.
pub(crate) fn most(counts: &[f64]) -> usize {
    counts.iter().fold(0.0, |a: f64, &b| a.max(b)) as usize
}
