//! Measures all cells in turn, round by round, each in a process of its own.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lab::lang::Text;
use lab::machine::Watch;
use lab::python::{self, Interpreter};
use lab::report::{Measure, Report};
use lab::stats;
use lab::{Error, Result, text, twin_script};
use loopback::Server;

use super::cell::{CELL, Cell};
use super::plan::{Size, Technique, Workload};

/// A cell that takes longer than this has hung.
const LIMIT: Duration = Duration::from_secs(60);
/// No further round starts if it would end later than this.
const BUDGET: Duration = Duration::from_secs(45);

/// Who did the work: Rust, or one of the Pythons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Rust,
    /// The interpreter of this number.
    Python(usize),
}

/// All samples of one cell, one for each round.
pub struct CellSamples {
    pub who: Who,
    pub workload: Workload,
    pub technique: Technique,
    /// Wall time, in ns.
    pub wall: Vec<f64>,
    /// Operations per second: GETs, iterations or pictures.
    pub rate: Vec<f64>,
    /// Memory per unit, in bytes.
    pub memory: Vec<f64>,
    /// Busy cores on average.
    pub cores: Vec<f64>,
    /// Why the cell was not measured.
    pub missing: Option<Text>,
}

pub struct Bench<'a> {
    pub size: &'a Size,
    /// How long the server takes to answer.
    pub delay: Duration,
    server: Server,
    pub pythons: &'a [Interpreter],
    pub cells: Vec<CellSamples>,
    /// The share of the machine that other programs used meanwhile.
    pub foreign: Option<f64>,
    /// The results of the first cell of each language and workload; the other techniques must have the same.
    results: BTreeMap<(String, &'static str), Vec<String>>,
}

/// All cells, in the order in which a round measures them: what is compared is measured one after the other.
fn cells(pythons: usize) -> Vec<CellSamples> {
    let mut cells = Vec::new();
    for workload in Workload::ALL {
        for technique in workload.techniques() {
            let python = (0..pythons).map(Who::Python).filter(|_| !technique.has_model_gil());
            for who in std::iter::once(Who::Rust).chain(python) {
                let (wall, rate, memory, cores) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
                cells.push(CellSamples {
                    who,
                    workload,
                    technique: *technique,
                    wall,
                    rate,
                    memory,
                    cores,
                    missing: None,
                });
            }
        }
    }
    cells
}

impl<'a> Bench<'a> {
    /// Starts the server; nothing is measured yet.
    pub fn new(size: &'a Size, delay: Duration, pythons: &'a [Interpreter]) -> Result<Bench<'a>> {
        let server = Server::start(delay)?;
        Ok(Bench { size, delay, server, pythons, cells: cells(pythons.len()), foreign: None, results: BTreeMap::new() })
    }

    /// Measures all cells round by round. Returns the number of rounds that there was time for.
    pub fn measure(&mut self, rounds: usize) -> Result<usize> {
        let watch = Watch::start();
        let done = self.measure_rounds(rounds)?;
        self.foreign = watch.foreign();
        Ok(done)
    }

    fn measure_rounds(&mut self, rounds: usize) -> Result<usize> {
        let bar = progress::steps(rounds * self.cells.len());
        let start = Instant::now();
        for round in 1..=rounds {
            for n in 0..self.cells.len() {
                bar.set_message(self.name(&self.cells[n]).to_string());
                self.measure_cell(n)?;
                bar.inc(1);
            }
            let so_far = start.elapsed();
            if so_far + so_far / round as u32 > BUDGET && round < rounds {
                bar.finish_and_clear();
                return Ok(round);
            }
        }
        bar.finish_and_clear();
        Ok(rounds)
    }

    fn measure_cell(&mut self, n: usize) -> Result<()> {
        let samples = &self.cells[n];
        if samples.missing.is_some() {
            return Ok(());
        }
        let cell = Cell {
            workload: samples.workload,
            technique: samples.technique,
            size: self.size.clone(),
            server: self.server.address(),
        };
        let report = match samples.who {
            Who::Rust => python::own(&cell.to_args(CELL), LIMIT),
            Who::Python(p) => python::run(&self.pythons[p], twin_script!("table"), &cell.twin_args(), LIMIT),
        };
        let report = report.and_then(|report| self.same_results(n, report));
        let samples = &mut self.cells[n];
        match report {
            Err(why) if samples.who == Who::Rust => return Err(Error::failed(join(&self.name(&self.cells[n]), &why))),
            Err(why) => samples.give_up(why),
            Ok(report) => samples.add(&report),
        }
        Ok(())
    }

    /// Returns the report of a cell if its results are the same as those of the other techniques in the same language. A cell of I/O
    /// has one result for each unit that was answered.
    fn same_results(&mut self, n: usize, report: Report) -> Result<Report, Text> {
        let (who, workload) = (self.cells[n].who, self.cells[n].workload);
        let results = report.lines.clone();
        if workload == Workload::Io {
            let units = if self.cells[n].technique == Technique::Sequence { 1 } else { self.size.waiting };
            return if results.len() == units { Ok(report) } else { Err(other_results()) };
        }
        let known = self.results.entry((self.id(who), workload.id())).or_insert_with(|| results.clone());
        if *known == results { Ok(report) } else { Err(other_results()) }
    }

    pub fn who(&self, who: Who) -> String {
        match who {
            Who::Rust => "Rust".to_owned(),
            Who::Python(p) => self.pythons[p].to_string(),
        }
    }

    /// The name in the ids of measurements.
    pub fn id(&self, who: Who) -> String {
        match who {
            Who::Rust => "rust".to_owned(),
            Who::Python(p) => self.pythons[p].id(),
        }
    }

    /// "Rust: threads".
    pub fn name(&self, samples: &CellSamples) -> Text {
        join(&Text::same(self.who(samples.who)), &samples.technique.name())
    }

    /// The samples of a cell, if it was measured.
    pub fn find(&self, who: Who, workload: Workload, technique: Technique) -> Option<&CellSamples> {
        let found = self.cells.iter().find(|c| c.who == who && c.workload == workload && c.technique == technique)?;
        (!found.wall.is_empty()).then_some(found)
    }

    /// Speed-up against the sequence in the same language and the same round.
    pub fn speed_up_in(&self, samples: &CellSamples, round: usize) -> Option<f64> {
        let sequence = self.find(samples.who, samples.workload, Technique::Sequence)?;
        Some(samples.rate.get(round)? / sequence.rate.get(round)?)
    }

    /// Speed-up against the sequence in the same language.
    pub fn speed_up(&self, samples: &CellSamples) -> Option<f64> {
        let sequence = self.find(samples.who, samples.workload, Technique::Sequence)?;
        Some(stats::median(&samples.rate)? / stats::median(&sequence.rate)?)
    }
}

impl CellSamples {
    /// Drops earlier rounds too: they may not have done the same work either.
    fn give_up(&mut self, why: Text) {
        [&mut self.wall, &mut self.rate, &mut self.memory, &mut self.cores].into_iter().for_each(Vec::clear);
        self.missing = Some(why);
    }

    fn add(&mut self, report: &Report) {
        let to = [
            ("wall", &mut self.wall),
            ("rate", &mut self.rate),
            ("memory", &mut self.memory),
            ("cores", &mut self.cores),
        ];
        for (id, samples) in to {
            samples.extend(report.measure(id).map(Measure::median));
        }
    }
}

fn other_results() -> Text {
    text!("다른 기법과 결과가 다릅니다", "its results differ from those of the other techniques")
}

/// "a: b".
pub fn join(a: &Text, b: &Text) -> Text {
    Text { ko: format!("{}: {}", a.ko, b.ko), en: format!("{}: {}", a.en, b.en) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_results_are_not_compared() {
        let size = Size { waiting: 2, gets: 1, jobs: 2, iterations: 1, copies: 1 };
        let mut bench = Bench::new(&size, Duration::ZERO, &[]).unwrap();
        let of =
            |lines: &[&str]| Report { lines: lines.iter().map(|&line| line.into()).collect(), ..Report::default() };
        let place = |bench: &Bench<'_>, workload, technique| {
            bench.cells.iter().position(|c| c.workload == workload && c.technique == technique).unwrap()
        };
        let sequence = place(&bench, Workload::Cpu, Technique::Sequence);
        let threads = place(&bench, Workload::Cpu, Technique::Threads);
        assert!(bench.same_results(sequence, of(&["1", "1"])).is_ok());
        assert!(bench.same_results(threads, of(&["1", "1"])).is_ok());
        assert!(bench.same_results(threads, of(&["1", "0"])).is_err(), "another sum");
        assert!(bench.same_results(threads, of(&["1"])).is_err(), "a unit is missing");
        let io = place(&bench, Workload::Io, Technique::Threads);
        assert!(bench.same_results(io, of(&["1", "1"])).is_ok());
        assert!(bench.same_results(io, of(&["1"])).is_err(), "a unit was not answered");
        bench.cells[threads].wall.push(1.0);
        bench.cells[threads].give_up(other_results());
        assert!(bench.find(Who::Rust, Workload::Cpu, Technique::Threads).is_none());
    }
}
