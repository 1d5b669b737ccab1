//! Measures all cells in turn, round by round, each in a process of its own.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lab::lang::Text;
use lab::machine::Watch;
use lab::python::{self, Interpreter};
use lab::report::Report;
use lab::stats;
use lab::{Error, Result, text, twin_script};
use loopback::Server;
use tempfile::TempDir;

use super::alive::Alive;
use super::budget::Budget;
use super::cell::{CELL, Cell};
use super::complexity::Counts;
use super::files;
use super::plan::{LIMIT, PYTHON_SHARE, REQUESTS, Size, Technique, Workload};
use super::samples::{CellSamples, Who, cells};
use crate::ctrl_c;

pub struct Bench<'a> {
    pub size: &'a Size,
    /// How long the server takes to answer.
    pub delay: Duration,
    pub(super) server: Server,
    /// The files to read.
    files: TempDir,
    pub pythons: &'a [Interpreter],
    pub cells: Vec<CellSamples>,
    /// Iterations of the loop in each unit.
    pub iterations: BTreeMap<Who, u64>,
    /// What was alive at the same moment.
    pub alive: BTreeMap<(Who, &'static str), Alive>,
    /// What the programs are made of.
    pub counts: BTreeMap<(Who, &'static str), Counts>,
    /// What could not be observed or counted, and why.
    pub unobserved: Vec<(Who, Text)>,
    /// The share of the machine that other programs used meanwhile.
    pub foreign: Option<f64>,
    /// Rounds that were done.
    pub rounds: usize,
    /// Whether the reader asked for so many; then no budget of time is kept.
    pub asked: bool,
    /// Whether the reader stopped it.
    pub stopped: bool,
    /// The results of the first cell of each language and workload; the other techniques must have the same.
    results: BTreeMap<(String, &'static str), Vec<String>>,
}

impl<'a> Bench<'a> {
    /// Starts the server and makes the files; nothing is measured yet.
    pub fn new(size: &'a Size, delay: Duration, pythons: &'a [Interpreter]) -> Result<Bench<'a>> {
        let server = Server::start(delay)?;
        let files = tempfile::tempdir()?;
        let share = |who| if who == Who::Rust { size.iterations } else { (size.iterations / PYTHON_SHARE).max(1) };
        let all = std::iter::once(Who::Rust).chain((0..pythons.len()).map(Who::Python));
        Ok(Bench {
            size,
            delay,
            server,
            files,
            pythons,
            cells: cells(pythons.len()),
            iterations: all.map(|who| (who, share(who))).collect(),
            alive: BTreeMap::new(),
            counts: BTreeMap::new(),
            unobserved: Vec::new(),
            foreign: None,
            rounds: 0,
            asked: false,
            stopped: false,
            results: BTreeMap::new(),
        })
    }

    pub fn everybody(&self) -> impl Iterator<Item = Who> + use<> {
        std::iter::once(Who::Rust).chain((0..self.pythons.len()).map(Who::Python))
    }

    /// Observes, counts and then measures all cells round by round: as many rounds as asked for, however long they take, or as the budget has time for.
    pub fn measure(&mut self, rounds: Option<usize>, budget: Budget, choose_iterations: bool) -> Result<()> {
        let start = Instant::now();
        let watch = Watch::start();
        files::make(self.files.path())?;
        let everybody: Vec<Who> = self.everybody().collect();
        for who in everybody {
            // This is the warm-up, too: afterwards the interpreter and its files are in memory.
            self.observe(who)?;
            self.count(who);
            if choose_iterations {
                self.choose_iterations(who, budget)?;
            }
        }
        self.measure_rounds(rounds, budget, start)?;
        self.foreign = watch.foreign();
        Ok(())
    }

    fn measure_rounds(&mut self, rounds: Option<usize>, budget: Budget, start: Instant) -> Result<()> {
        let most = rounds.unwrap_or(budget.most_rounds());
        self.asked = rounds.is_some();
        let time = if self.asked { Duration::MAX } else { budget.time() };
        self.stopped = ctrl_c::was_pressed(false);
        let bar = progress::steps(self.cells.len());
        while self.rounds < most && !self.stopped {
            let is_first = self.rounds == 0;
            let left = time.saturating_sub(start.elapsed());
            let Some(cells) = self.next_round(left, budget) else { break };
            bar.set_position(0);
            for n in cells {
                bar.set_message(self.name(&self.cells[n]).to_string());
                if is_first && start.elapsed() > time {
                    self.cells[n].missing.get_or_insert_with(|| {
                        text!("시간 안에 차례가 오지 않았습니다", "its turn did not come in the time that there was")
                    });
                }
                self.measure_cell(n)?;
                bar.inc(1);
                if self.stopped {
                    break;
                }
            }
            self.rounds += usize::from(!self.stopped);
        }
        bar.finish_and_clear();
        if self.stopped {
            for c in self.cells.iter_mut().filter(|c| c.wall.is_empty()) {
                c.missing.get_or_insert_with(|| text!("그 전에 중단되었습니다", "the run was stopped before"));
            }
        }
        Ok(())
    }

    /// The cells of the next round: all of them, or those without the use cases, if only for these there is time, or if they have had
    /// their rounds. The first round is always tried.
    fn next_round(&self, left: Duration, budget: Budget) -> Option<Vec<usize>> {
        let all: Vec<usize> = (0..self.cells.len()).filter(|n| self.cells[*n].missing.is_none()).collect();
        if self.rounds == 0 {
            return Some(all);
        }
        let cost = |cells: &[usize]| cells.iter().map(|n| self.cells[*n].cost).sum::<Duration>();
        let core: Vec<usize> = all.iter().copied().filter(|n| !self.cells[*n].workload.is_use_case_only()).collect();
        let tries = [(self.asked || self.rounds < budget.use_case_rounds()).then_some(all), Some(core)];
        tries.into_iter().flatten().find(|cells| !cells.is_empty() && cost(cells) <= left)
    }

    /// One measurement: a cell in a process of its own.
    pub(super) fn report_of(
        &self,
        who: Who,
        workload: Workload,
        technique: Technique,
        size: Size,
    ) -> Result<Report, Text> {
        let cell =
            Cell { workload, technique, size, server: self.server.address(), files: self.files.path().to_owned() };
        match who {
            Who::Rust => python::own(&cell.to_args(CELL), LIMIT),
            Who::Python(p) => self.run_python(p, &cell, workload.id()),
        }
    }

    pub(super) fn run_python(&self, p: usize, cell: &Cell, workload: &str) -> Result<Report, Text> {
        python::run(
            &self.pythons[p],
            twin_script!("table"),
            &[cell.twin_plan(workload, self.native_mebibytes())],
            LIMIT,
        )
    }

    fn measure_cell(&mut self, n: usize) -> Result<()> {
        let samples = &self.cells[n];
        if samples.missing.is_some() {
            return Ok(());
        }
        let (who, workload, technique) = (samples.who, samples.workload, samples.technique);
        let size = Size { iterations: self.iterations[&who], ..self.size.clone() };
        let (watch, start) = (Watch::start(), Instant::now());
        let report = self.report_of(who, workload, technique, size);
        self.stopped = ctrl_c::was_pressed(report.is_err());
        if self.stopped && report.is_err() {
            return Ok(()); // the terminal stopped our children, too
        }
        let report = report.and_then(|report| self.same_results(n, report));
        let samples = &mut self.cells[n];
        samples.cost = start.elapsed();
        match report {
            Err(why) if samples.who == Who::Rust => return Err(Error::failed(join(&self.name(&self.cells[n]), &why))),
            Err(why) => samples.give_up(why),
            Ok(report) => {
                samples.add(&report);
                samples.others.extend(watch.foreign());
                samples.watched.add(watch);
            }
        }
        Ok(())
    }

    /// What each unit hashes: as long as the loop of a usual run takes, on a usual machine; no less than a small run needs.
    fn native_mebibytes(&self) -> u64 {
        (self.size.reads as u64 * 5).clamp(5, 100)
    }

    /// Returns the report of a cell if its results are the same as those of the other techniques in the same language. A cell of I/O
    /// has one result for each unit that was answered; a web server has answered every request.
    fn same_results(&mut self, n: usize, report: Report) -> Result<Report, Text> {
        let (who, workload) = (self.cells[n].who, self.cells[n].workload);
        let results = report.lines.clone();
        let is_sequence = self.cells[n].technique == Technique::Sequence;
        let done = match workload {
            Workload::Io => results.len() == if is_sequence { 1 } else { self.size.waiting },
            Workload::Calls => results.len() == self.size.calls,
            Workload::Serve => {
                let answered: u64 = results.iter().filter_map(|line| line.parse::<u64>().ok()).sum();
                answered == (if is_sequence { 1 } else { self.size.waiting } * REQUESTS) as u64
            }
            _ => {
                let known = self.results.entry((self.id(who), workload.id())).or_insert_with(|| results.clone());
                *known == results
            }
        };
        if done { Ok(report) } else { Err(other_results()) }
    }

    pub fn who(&self, who: Who) -> String {
        match who {
            Who::Rust => "Rust".to_owned(),
            Who::Python(p) => format!("{}{}", self.pythons[p], self.again(p, " #")),
        }
    }

    /// The name in the ids of measurements.
    pub fn id(&self, who: Who) -> String {
        match who {
            Who::Rust => "rust".to_owned(),
            Who::Python(p) => format!("{}{}", self.pythons[p].id(), self.again(p, "-")),
        }
    }

    /// The second interpreter of the same name is called so.
    fn again(&self, p: usize, before: &str) -> String {
        let earlier = self.pythons[..p].iter().filter(|python| python.id() == self.pythons[p].id()).count();
        if earlier == 0 { String::new() } else { format!("{before}{}", earlier + 1) }
    }

    /// "Rust: threads".
    pub fn name(&self, samples: &CellSamples) -> Text {
        join(&Text::same(self.who(samples.who)), &samples.technique.name())
    }

    /// The cell, measured or not.
    pub fn planned(&self, who: Who, workload: Workload, technique: Technique) -> Option<&CellSamples> {
        self.cells.iter().find(|c| c.who == who && c.workload == workload && c.technique == technique)
    }

    /// The samples of a cell, if it was measured.
    pub fn find(&self, who: Who, workload: Workload, technique: Technique) -> Option<&CellSamples> {
        self.planned(who, workload, technique).filter(|c| !c.wall.is_empty())
    }

    /// Speed-up against the sequence in the same language.
    pub fn speed_up(&self, samples: &CellSamples) -> Option<f64> {
        let sequence = self.find(samples.who, samples.workload.baseline(), Technique::Sequence)?;
        Some(stats::median(&samples.rate)? / stats::median(&sequence.rate)?)
    }

    /// The share of the machine that others used while a cell was measured; while all were, if that cell was too short to tell.
    pub fn foreign_in(&self, samples: &CellSamples) -> Option<f64> {
        samples.watched.foreign().or(self.foreign)
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
        let size = Size { waiting: 2, calls: 3, jobs: 2, ..Size::default() };
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
        let calls = place(&bench, Workload::Calls, Technique::Threads);
        assert!(bench.same_results(calls, of(&["1", "1"])).is_err(), "a call was not answered");
        let serve = place(&bench, Workload::Serve, Technique::Processes);
        assert!(bench.same_results(serve, of(&["5", "5"])).is_ok());
        assert!(bench.same_results(serve, of(&["5", "4"])).is_err(), "a request was not answered");
        bench.cells[threads].wall.push(1.0);
        bench.cells[threads].give_up(other_results());
        assert!(bench.find(Who::Rust, Workload::Cpu, Technique::Threads).is_none());
    }

    #[test]
    fn a_round_that_does_not_fit_leaves_out_the_use_cases_first() {
        let size = Size::default();
        let mut bench = Bench::new(&size, Duration::ZERO, &[]).unwrap();
        for c in &mut bench.cells {
            c.cost = Duration::from_secs(1);
        }
        let all = bench.cells.len();
        let core = bench.cells.iter().filter(|c| !c.workload.is_use_case_only()).count();
        let next = |bench: &Bench<'_>, seconds| {
            bench.next_round(Duration::from_secs(seconds as u64), Budget::Usual).map(|cells| cells.len())
        };
        assert_eq!(next(&bench, 0), Some(all), "the first round is always tried");
        bench.rounds = 1;
        assert_eq!(next(&bench, all), Some(all));
        assert_eq!(next(&bench, all - 1), Some(core));
        assert_eq!(next(&bench, core - 1), None);
        bench.rounds = Budget::Usual.use_case_rounds();
        assert_eq!(next(&bench, all), Some(core), "they have had their rounds");
        bench.asked = true;
        assert_eq!(next(&bench, all), Some(all), "the reader asked for more");
    }
}
