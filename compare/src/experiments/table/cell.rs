//! One cell of the table, measured in a process of its own, so that its memory is that of the technique alone.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gil_sim::{Gil, Held, SWITCH_INTERVAL, ThreadId, loops};
use lab::cli::{Args, Experiment, Options};
use lab::lang::Text;
use lab::report::{Measure, Report, Unit};
use lab::trace::Recorder;
use lab::{Error, Result, clock, machine, terminal, text};

use super::pictures;
use super::plan::{GETS_IN_SEQUENCE, PYTHON_SHARE, Size, SizeOptions, Technique, Workload};
use super::units::{self, Check, ProcessResult};
use super::web;

#[derive(Clone, Debug)]
pub struct Cell {
    pub workload: Workload,
    pub technique: Technique,
    pub size: Size,
    /// The server for web requests.
    pub server: SocketAddr,
}

/// The child command that measures a cell.
pub const CELL: &str = "cell";
/// The child command that does one unit of a cell.
pub const UNIT: &str = "unit";

/// The options that tell a child its cell.
fn options() -> (Options, impl Fn(&Args) -> Result<Cell>) {
    let mut options = Options::new();
    let size = SizeOptions::declare(&mut options);
    let workload = options.choice("workload", Workload::Io, Text::default());
    let technique = options.choice("technique", Technique::Sequence, Text::default());
    let server = options.word("server", Text::default());
    let cell = move |a: &Args| {
        let server = a.get(server).and_then(|server| server.parse().ok());
        let unknown = || Error::usage(text!("--server: 주소:포트를 주십시오.", "--server: give an address:port."));
        let server = server.ok_or_else(unknown)?;
        Ok(Cell { workload: a.get(workload), technique: a.get(technique), size: size.get(a), server })
    };
    (options, cell)
}

pub fn cell_command() -> Experiment {
    let (options, cell) = options();
    Experiment::child(CELL, options, move |a| {
        terminal::print(&cell(a)?.measure()?.to_json());
        Ok(())
    })
}

pub fn unit_command() -> Experiment {
    let (mut options, cell) = options();
    let unit = options.size("unit", 0..=100_000, 0, Text::default());
    Experiment::child(UNIT, options, move |a| {
        terminal::print(&cell(a)?.unit_in_process(a.get(unit))?.to_line());
        Ok(())
    })
}

impl Cell {
    /// The arguments that tell a child this cell.
    pub fn to_args(&self, child: &str) -> Vec<String> {
        let Cell { workload, technique, size, server } = self;
        let mut args = vec![child.to_owned()];
        let server = server.to_string();
        let pairs = [("--workload", workload.id()), ("--technique", technique.id()), ("--server", &server)];
        args.extend(pairs.iter().flat_map(|(name, value)| [(*name).to_owned(), (*value).to_owned()]));
        args.extend(size.to_args());
        args
    }

    /// The arguments that tell the Python twin this cell.
    pub fn twin_args(&self) -> Vec<String> {
        let Cell { workload, technique, size, server } = self;
        let Size { waiting, gets, jobs, iterations, copies } = size;
        let numbers =
            [*waiting as u64, *gets as u64, *jobs as u64, (*iterations / PYTHON_SHARE).max(1), *copies as u64];
        let mut args = vec![workload.id().to_owned(), technique.id().to_owned(), server.to_string()];
        args.extend(numbers.iter().map(u64::to_string));
        args.push(pictures::FOLDER.to_owned());
        args
    }

    /// Number of units: threads, tasks or processes.
    pub fn units(&self) -> Result<usize> {
        Ok(match self.workload {
            Workload::Io if self.technique == Technique::Sequence => 1,
            Workload::Io => self.size.waiting,
            Workload::Cpu => self.size.jobs,
            Workload::Images => self.pictures()?.len() * self.size.copies,
        })
    }

    /// Number of operations: GETs, iterations of the loop, or pictures.
    pub fn operations(&self) -> Result<u64> {
        let units = self.units()? as u64;
        Ok(match self.workload {
            Workload::Io => units * self.gets() as u64,
            Workload::Cpu => units * self.size.iterations,
            Workload::Images => units,
        })
    }

    fn gets(&self) -> usize {
        if self.technique == Technique::Sequence { GETS_IN_SEQUENCE } else { self.size.gets }
    }

    fn pictures(&self) -> Result<Vec<PathBuf>> {
        pictures::list(Path::new(pictures::FOLDER))
    }

    /// Does the work and reports wall time, operations per second, memory per unit and busy cores.
    pub fn measure(&self) -> Result<Report> {
        let units = self.units()?;
        let before = machine::memory();
        let (wall, cpu) = (clock::now(), clock::cpu());
        let UnitResults { checks, children } = self.all_units(units)?;
        let wall = (clock::now() - wall) as f64;
        let cpu = clock::cpu().zip(cpu).map(|(after, before)| after - before);
        // Threads and tasks: the growth of this process divided by its units. Processes: the private memory of each.
        let grown = machine::peak_memory().zip(before).map(|(peak, before)| peak.saturating_sub(before) / units as u64);

        let mut report = Report::new(format!("compare/{}/{}", self.workload.id(), self.technique.id()));
        report.lines = checks.iter().map(u64::to_string).collect();
        let mut add =
            |id: &str, unit, value: f64| report.measures.push(Measure::new(id, Text::same(id), unit, vec![value]));
        add("wall", Unit::Ns, wall);
        add("rate", Unit::Count, self.operations()? as f64 / wall * 1e9);
        let private = children.iter().map(|child| child.private).sum::<u64>() / units as u64;
        if let Some(bytes) = if children.is_empty() { grown } else { Some(private) } {
            add("memory", Unit::Bytes, bytes as f64);
        }
        if let Some(cpu) = cpu {
            let all = cpu + children.iter().map(|child| child.cpu).sum::<u64>();
            add("cores", Unit::Times, all as f64 / wall);
        }
        Ok(report)
    }

    fn all_units(&self, n: usize) -> Result<UnitResults> {
        let gil = Gil::new(SWITCH_INTERVAL);
        let checks = match self.technique {
            Technique::Sequence => units::sequence(n, |i| self.unit(i, None))?,
            Technique::Threads => units::threads(n, |i| self.unit(i, None))?,
            Technique::ThreadsGil => units::threads(n, |i| self.unit(i, Some(&gil)))?,
            Technique::Asyncio | Technique::AsyncioGil => self.tasks(n)?,
            Technique::Processes | Technique::ProcessesGil => {
                let said = units::processes(n, &self.to_args(UNIT))?;
                return Ok(UnitResults { checks: said.iter().map(|s| s.check).collect(), children: said });
            }
        };
        Ok(UnitResults { checks, children: Vec::new() })
    }

    fn tasks(&self, n: usize) -> Result<Vec<Check>> {
        let (server, gets) = (self.server, self.gets());
        match self.workload {
            Workload::Io => {
                units::tasks(n, |_| async move { web::get_async(server, gets).await.map_err(no_answer).map(|()| 1) })
            }
            // A task that computes keeps the thread of the event loop: it has nothing to await.
            _ => {
                let gil = (self.technique == Technique::AsyncioGil).then(|| Arc::new(Gil::new(SWITCH_INTERVAL)));
                units::tasks(n, |i| {
                    let (this, gil) = (self.clone(), gil.clone());
                    async move { this.unit(i, gil.as_deref()) }
                })
            }
        }
    }

    /// Does one unit, in the child process.
    pub fn unit_in_process(&self, i: usize) -> Result<ProcessResult> {
        let gil = (self.technique == Technique::ProcessesGil).then(|| Gil::new(SWITCH_INTERVAL));
        let check = self.unit(i, gil.as_ref())?;
        Ok(ProcessResult { check, private: machine::private_memory().unwrap_or(0), cpu: clock::cpu().unwrap_or(0) })
    }

    /// Does one unit on the calling thread, under a GIL if there is one.
    fn unit(&self, i: usize, gil: Option<&Gil>) -> Result<Check> {
        let me = ThreadId(i as u64 + 1);
        match self.workload {
            Workload::Cpu => {
                let mut lane = Recorder::new().lane(Text::default());
                Ok(match gil {
                    Some(gil) => loops::under(gil, me, &mut lane, self.size.iterations),
                    None => loops::free(&mut lane, self.size.iterations),
                })
            }
            Workload::Io => {
                let mut held: Option<Held<'_, Gil>> = gil.map(|gil| gil.acquire(me));
                let wait = |block: &mut dyn FnMut() -> io::Result<()>| match &mut held {
                    Some(held) => held.allow_threads(block),
                    None => block(),
                };
                web::get(self.server, self.gets(), wait).map_err(no_answer).map(|()| 1)
            }
            Workload::Images => {
                // Native code that keeps the GIL, as an extension does unless it releases it.
                let _held = gil.map(|gil| gil.acquire(me));
                let pictures = self.pictures()?;
                pictures::process(&pictures[i % pictures.len()])
            }
        }
    }
}

/// The results of all units of a cell.
struct UnitResults {
    /// In order of the units.
    checks: Vec<Check>,
    /// The results of their processes, if there are processes.
    children: Vec<ProcessResult>,
}

fn no_answer(e: io::Error) -> Error {
    Error::failed(text!("서버가 응답하지 않습니다: {e}", "the server does not answer: {e}"))
}
