//! Measures all cells in turn, round by round, each in a process of its own.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lab::lang::Text;
use lab::machine::{Watch, Watched};
use lab::python::{self, Interpreter};
use lab::report::{Measure, Report};
use lab::stats;
use lab::{Error, Result, text, twin_script};
use loopback::Server;
use tempfile::TempDir;

use super::alive::Alive;
use super::budget::Budget;
use super::cell::{CELL, Cell};
use super::complexity::{self, Counts};
use super::files;
use super::plan::{LIMIT, PYTHON_SHARE, REQUESTS, Size, Technique, Workload};
use crate::ctrl_c;

/// Who did the work: Rust, or one of the Pythons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// The share of the machine that other programs used meanwhile, of the rounds long enough to tell.
    pub others: Vec<f64>,
    /// The same, all rounds together.
    watched: Watched,
    /// How long the last round of it took, with starting its process.
    cost: Duration,
    /// Why the cell was not measured.
    pub missing: Option<Text>,
}

pub struct Bench<'a> {
    pub size: &'a Size,
    /// How long the server takes to answer.
    pub delay: Duration,
    server: Server,
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

/// All cells, in the order in which a round measures them: what is compared is measured one after the other.
fn cells(pythons: usize) -> Vec<CellSamples> {
    let mut cells = Vec::new();
    for workload in Workload::ALL {
        for technique in Technique::ALL {
            let rust = workload.in_rust().contains(&technique).then_some(Who::Rust);
            let in_python = workload.in_python().contains(&technique);
            let python = (0..pythons).map(Who::Python).filter(|_| in_python);
            cells.extend(rust.into_iter().chain(python).map(|who| CellSamples::new(who, workload, technique)));
        }
    }
    cells
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
    fn report_of(&self, who: Who, workload: Workload, technique: Technique, size: Size) -> Result<Report, Text> {
        let cell =
            Cell { workload, technique, size, server: self.server.address(), files: self.files.path().to_owned() };
        match who {
            Who::Rust => python::own(&cell.to_args(CELL), LIMIT),
            Who::Python(p) => self.run_python(p, &cell, workload.id()),
        }
    }

    fn run_python(&self, p: usize, cell: &Cell, workload: &str) -> Result<Report, Text> {
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

    /// Looks at what is alive at the same moment.
    fn observe(&mut self, who: Who) -> Result<()> {
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
    fn count(&mut self, who: Who) {
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
    fn choose_iterations(&mut self, who: Who, budget: Budget) -> Result<()> {
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

impl CellSamples {
    fn new(who: Who, workload: Workload, technique: Technique) -> CellSamples {
        CellSamples {
            who,
            workload,
            technique,
            wall: Vec::new(),
            rate: Vec::new(),
            memory: Vec::new(),
            cores: Vec::new(),
            others: Vec::new(),
            watched: Watched::default(),
            cost: Duration::ZERO,
            missing: None,
        }
    }

    /// Drops earlier rounds too: they may not have done the same work either.
    fn give_up(&mut self, why: Text) {
        let all = [&mut self.wall, &mut self.rate, &mut self.memory, &mut self.cores, &mut self.others];
        all.into_iter().for_each(Vec::clear);
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
