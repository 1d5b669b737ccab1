//! What happens before the rounds: what is alive is observed, the programs are counted, and the loop gets its number of iterations.

use lab::report::Measure;
use lab::{Error, Result};

use super::alive::Alive;
use super::bench::Bench;
use super::budget::Budget;
use super::cell::Cell;
use super::complexity::{self, Counts};
use super::plan::{Size, Technique, Workload};
use super::samples::Who;
use crate::ctrl_c;

impl Bench<'_> {
    /// Looks at what is alive at the same moment.
    pub(super) fn observe(&mut self, who: Who) -> Result<()> {
        let techniques = if who == Who::Rust { Workload::Alive.in_rust() } else { Workload::Alive.in_python() };
        for technique in techniques {
            let report = match self.report_of(who, Workload::Alive, *technique, self.size.clone()) {
                Ok(report) => report,
                Err(why) if who == Who::Rust && !ctrl_c::was_pressed(true) => return Err(Error::failed(why)),
                Err(_) if ctrl_c::was_pressed(true) => return Ok(()),
                // It cannot run the twin at all: no need to try every cell of it.
                Err(why) => {
                    for c in self.cells.iter_mut().filter(|c| c.who == who) {
                        c.give_up(why.clone());
                    }
                    self.unobserved.push((who, why));
                    return Ok(());
                }
            };
            let count = |id: &str| report.measure(id).map_or(0, |m| m.median() as usize);
            let alive = Alive { processes: count("processes"), threads: count("threads"), loops: count("loops") };
            self.alive.insert((who, technique.id()), alive);
        }
        Ok(())
    }

    /// Counts what the programs are made of: Rust by their text, Python by its own parser.
    pub(super) fn count(&mut self, who: Who) {
        if self.unobserved.iter().any(|(of, _)| *of == who) {
            return;
        }
        for technique in [Technique::Sequence, Technique::Threads, Technique::Asyncio, Technique::Processes] {
            let counts = match who {
                Who::Rust => Some(complexity::in_rust(technique)),
                Who::Python(p) => {
                    let cell = Cell { technique, server: self.server.address(), ..Cell::default() };
                    let report = self.run_python(p, &cell, "count");
                    report.ok().and_then(|report| Counts::of_report(&report))
                }
            };
            let Some(counts) = counts else { return };
            self.counts.insert((who, technique.id()), counts);
        }
    }

    /// Tries the loop with more and more iterations, and takes so many that the sequence lasts as long as the budget has it: long
    /// enough to be judged on every machine and every interpreter.
    pub(super) fn choose_iterations(&mut self, who: Who, budget: Budget) -> Result<()> {
        const LONG_ENOUGH: f64 = 50e6;
        let mut iterations = if who == Who::Rust { 4_000_000 } else { 100_000 };
        while !self.unobserved.iter().any(|(of, _)| *of == who) {
            let size = Size { jobs: 1, iterations, ..self.size.clone() };
            let wall = match self.report_of(who, Workload::Cpu, Technique::Sequence, size) {
                Ok(report) => report.measure("wall").map_or(f64::NAN, Measure::median),
                Err(why) if who == Who::Rust && !ctrl_c::was_pressed(true) => return Err(Error::failed(why)),
                Err(_) => return Ok(()), // its cells will say why
            };
            if wall >= LONG_ENOUGH || iterations > 1 << 32 {
                let in_time = iterations as f64 * budget.sequence_ns() / wall / self.size.jobs as f64;
                self.iterations.insert(who, (in_time as u64).max(1));
                break;
            }
            iterations *= 4;
        }
        Ok(())
    }
}
