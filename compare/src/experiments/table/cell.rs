//! One cell of the table, measured in a process of its own, so that its memory is that of the technique alone.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gil_sim::{Gil, Held, SWITCH_INTERVAL, ThreadId, loops};
use lab::cli::{Args, Experiment, Options};
use lab::lang::Text;
use lab::report::{Measure, Report, Unit};
use lab::trace::Recorder;
use lab::{Error, Result, clock, machine, terminal, text};
use multiprocessing::translate::translator::{self, Translator};
use multiprocessing::translate::{Loading, sentences};
use serde_json::json;

use super::alive::{self, Alive};
use super::plan::{GETS_IN_SEQUENCE, REQUESTS, SERVER_WAITS, Size, SizeOptions, Technique, Workload};
use super::serve::{self, Served};
use super::units::{self, Check, ProcessResult};
use super::{files, pictures, web};

#[derive(Clone, Debug)]
pub struct Cell {
    pub workload: Workload,
    pub technique: Technique,
    pub size: Size,
    /// The server for web requests.
    pub server: SocketAddr,
    /// The folder of the files to read.
    pub files: PathBuf,
}

impl Default for Cell {
    fn default() -> Cell {
        let (workload, technique, size) = (Workload::Cpu, Technique::Sequence, Size::default());
        Cell { workload, technique, size, server: (Ipv4Addr::LOCALHOST, 0).into(), files: PathBuf::new() }
    }
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
    let files = options.word("files", Text::default());
    let cell = move |a: &Args| {
        let server = a.get(server).and_then(|server| server.parse().ok());
        let unknown = || Error::usage(text!("--server: 주소:포트를 주십시오.", "--server: give an address:port."));
        let server = server.ok_or_else(unknown)?;
        let (size, _) = size.get(a);
        let files = a.get(files).unwrap_or_default().into();
        Ok(Cell { workload: a.get(workload), technique: a.get(technique), size, server, files })
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
        let Cell { workload, technique, size, server, files } = self;
        let mut args = vec![child.to_owned()];
        let (server, files) = (server.to_string(), files.to_string_lossy());
        let pairs = [("--workload", workload.id()), ("--technique", technique.id()), ("--server", &server)];
        let files = (!files.is_empty()).then_some(("--files", &*files));
        args.extend(pairs.into_iter().chain(files).flat_map(|(name, value)| [name.to_owned(), value.to_owned()]));
        args.extend(size.to_args());
        args
    }

    /// All that the Python twin needs to know, as JSON. `mebibytes` is what each unit hashes natively.
    pub fn twin_plan(&self, workload: &str, mebibytes: u64) -> String {
        let program = std::env::current_exe().unwrap_or_default();
        let mut clients = vec![program.to_string_lossy().into_owned()];
        clients.extend(clients_with("WAITING", "SERVER"));
        let mut plan = json!({
            "workload": workload,
            "technique": self.technique.id(),
            "server": self.server.to_string(),
            "gets_in_sequence": GETS_IN_SEQUENCE,
            "mebibytes": mebibytes,
            "server_waits": SERVER_WAITS as f64 / 1e3,
            "requests": REQUESTS,
            "pictures": pictures::FOLDER,
            "files": self.files.to_string_lossy(),
            "model": translator::FOLDER,
            "clients": clients,
        });
        for (name, n) in self.size.named() {
            plan[name] = n.into();
        }
        plan.to_string()
    }

    /// Number of units: threads, tasks or processes.
    pub fn units(&self) -> Result<usize> {
        let is_sequence = self.technique == Technique::Sequence;
        Ok(match self.workload {
            Workload::Alive => alive::UNITS,
            Workload::Io | Workload::Serve if is_sequence => 1,
            // A process serves one connection at a time, as the workers of most web servers do.
            Workload::Serve if self.is_in_processes() => self.size.jobs,
            Workload::Io | Workload::Serve => self.size.waiting,
            Workload::Calls => self.size.calls,
            Workload::Cpu | Workload::Native | Workload::Files | Workload::Translate | Workload::Png => self.size.jobs,
            Workload::Images => self.pictures()?.len() * self.size.copies,
        })
    }

    /// Number of operations: GETs, iterations of the loop, files, pictures or sentences.
    fn operations(&self) -> Result<u64> {
        let units = self.units()? as u64;
        Ok(match self.workload {
            Workload::Io => units * self.gets() as u64,
            Workload::Cpu => units * self.size.iterations,
            Workload::Files => (files::FILES * self.size.reads) as u64,
            Workload::Translate => units * self.size.sentences as u64,
            _ => units,
        })
    }

    fn is_in_processes(&self) -> bool {
        matches!(self.technique, Technique::Processes | Technique::ProcessesGil)
    }

    fn gets(&self) -> usize {
        match (self.workload, self.technique) {
            (Workload::Calls, _) => 1,
            (_, Technique::Sequence) => GETS_IN_SEQUENCE,
            _ => self.size.gets,
        }
    }

    /// Connections to the web server: all together, or those of one process.
    fn connections(&self) -> usize {
        if self.technique == Technique::Sequence { 1 } else { self.size.waiting }
    }

    fn pictures(&self) -> Result<Vec<PathBuf>> {
        pictures::list(Path::new(pictures::FOLDER))
    }

    /// Does the work and reports wall time, operations per second, memory per unit and busy cores.
    pub fn measure(&self) -> Result<Report> {
        if self.workload == Workload::Alive {
            return self.observe();
        }
        let units = self.units()?;
        let before = machine::memory();
        let (wall, cpu) = (clock::now(), clock::cpu());
        let UnitResults { checks, children, rate } = self.all_units(units)?;
        let wall = (clock::now() - wall) as f64;
        let cpu = clock::cpu().zip(cpu).map(|(after, before)| after - before);
        // Threads and tasks: the growth of this process divided by its units. Processes: the private memory of each.
        let grown = machine::peak_memory().zip(before).map(|(peak, before)| peak.saturating_sub(before) / units as u64);

        let mut report = Report::new(format!("compare/{}/{}", self.workload.id(), self.technique.id()));
        report.lines = checks.iter().map(u64::to_string).collect();
        let mut add =
            |id: &str, unit, value: f64| report.measures.push(Measure::new(id, Text::same(id), unit, vec![value]));
        add("wall", Unit::Ns, wall);
        add("rate", Unit::Count, rate.unwrap_or(self.operations()? as f64 / wall * 1e9));
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

    /// In how many processes, threads and event loops the units were alive together.
    fn observe(&self) -> Result<Report> {
        let gil = Gil::new(SWITCH_INTERVAL);
        let Alive { processes, threads, loops } = match self.technique {
            Technique::Asyncio => alive::tasks(None)?,
            Technique::AsyncioGil => alive::tasks(Some(Arc::new(gil)))?,
            Technique::Processes | Technique::ProcessesGil => {
                alive::processes(|server| Cell { server, ..self.clone() }.to_args(UNIT))?
            }
            Technique::ThreadsGil => alive::threads(Some(&gil))?,
            Technique::Sequence | Technique::Threads => alive::threads(None)?,
        };
        let mut report = Report::new(format!("compare/{}/{}", self.workload.id(), self.technique.id()));
        for (id, count) in [("processes", processes), ("threads", threads), ("loops", loops)] {
            report.measures.push(Measure::new(id, Text::same(id), Unit::Count, vec![count as f64]));
        }
        Ok(report)
    }

    fn all_units(&self, n: usize) -> Result<UnitResults> {
        let gil = Gil::new(SWITCH_INTERVAL);
        let of = |checks| UnitResults { checks, children: Vec::new(), rate: None };
        Ok(match self.technique {
            Technique::Processes | Technique::ProcessesGil => {
                let said = units::processes(n, &self.to_args(UNIT))?;
                let rate: f64 = said.iter().map(|s| s.rate).sum();
                let checks = said.iter().map(|s| s.check).collect();
                UnitResults { checks, children: said, rate: (rate > 0.0).then_some(rate) }
            }
            Technique::Asyncio if self.workload == Workload::Serve => served(serve::in_tasks(n, None, clients)?),
            Technique::AsyncioGil if self.workload == Workload::Serve => {
                served(serve::in_tasks(n, Some(Arc::new(gil)), clients)?)
            }
            technique if self.workload == Workload::Serve => {
                let gil = (technique == Technique::ThreadsGil).then_some(&gil);
                served(serve::blocking(self.connections(), technique, gil, clients)?)
            }
            Technique::Sequence => of(units::sequence(n, |i| self.unit(i, None))?),
            Technique::Threads => of(units::threads(n, |i| self.unit(i, None))?),
            Technique::ThreadsGil => of(units::threads(n, |i| self.unit(i, Some(&gil)))?),
            Technique::Asyncio => of(self.tasks(n, None)?),
            Technique::AsyncioGil => of(self.tasks(n, Some(Arc::new(gil)))?),
        })
    }

    fn tasks(&self, n: usize, gil: Option<Arc<Gil>>) -> Result<Vec<Check>> {
        let (server, gets) = (self.server, self.gets());
        let unit = |i: usize, gil: Option<Arc<Gil>>| {
            let this = self.clone();
            move || this.unit(i, gil.as_deref())
        };
        match self.workload {
            Workload::Io | Workload::Calls => {
                units::tasks(
                    n,
                    gil,
                    |_| async move { web::get_async(server, gets).await.map_err(no_answer).map(|()| 1) },
                )
            }
            // No event loop reads files by itself: a pool of threads does, in tokio as in asyncio.
            Workload::Files => units::tasks(n, None, |i| {
                let unit = unit(i, gil.clone());
                async move {
                    tokio::task::spawn_blocking(unit)
                        .await
                        .map_err(|e| Error::failed(text!("스레드 풀의 작업: {e}", "a job of the thread pool: {e}")))?
                }
            }),
            // A task that computes keeps the thread of the event loop: it has nothing to await.
            _ => units::tasks(n, None, |i| {
                let unit = unit(i, gil.clone());
                async move { unit() }
            }),
        }
    }

    /// Does one unit, in the child process.
    pub fn unit_in_process(&self, i: usize) -> Result<ProcessResult> {
        let gil = (self.technique == Technique::ProcessesGil).then(|| Gil::new(SWITCH_INTERVAL));
        let Served { answered: check, rate } = match self.workload {
            Workload::Serve => {
                // Its share of the connections, none of them twice.
                let (all, jobs) = (self.size.waiting, self.size.jobs);
                match all / jobs + usize::from(i < all % jobs) {
                    0 => Served { answered: 0, rate: 0.0 },
                    share => serve::blocking(share, Technique::Sequence, gil.as_ref(), clients)?,
                }
            }
            _ => Served { answered: self.unit(i, gil.as_ref())?, rate: 0.0 },
        };
        let private = machine::private_memory().unwrap_or(0);
        Ok(ProcessResult { check, private, cpu: clock::cpu().unwrap_or(0), rate })
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
            Workload::Io | Workload::Calls | Workload::Files => {
                let mut held: Option<Held<'_, Gil>> = gil.map(|gil| gil.acquire(me));
                let wait = |block: &mut dyn FnMut() -> io::Result<()>| match &mut held {
                    Some(held) => held.allow_threads(block),
                    None => block(),
                };
                if self.workload == Workload::Files {
                    return Ok(files::read(&self.files, (i, self.size.jobs), self.size.reads, wait)?);
                }
                web::get(self.server, self.gets(), wait).map_err(no_answer).map(|()| 1)
            }
            Workload::Alive => alive::meet(self.server),
            Workload::Images => {
                // Native code that keeps the GIL, as an extension does unless it releases it.
                let _held = gil.map(|gil| gil.acquire(me));
                let pictures = self.pictures()?;
                pictures::process(&pictures[i % pictures.len()])
            }
            Workload::Translate => {
                let _held = gil.map(|gil| gil.acquire(me));
                self.translate(i)
            }
            Workload::Native | Workload::Png | Workload::Serve => {
                Err(Error::failed(text!("Rust에는 없는 작업입니다", "Rust has no such unit")))
            }
        }
    }
}

impl Cell {
    /// Translates the sentences of a unit with a model of its own, whose weights are mapped: all units share them in memory.
    fn translate(&self, i: usize) -> Result<Check> {
        let model = Translator::open(Path::new(translator::FOLDER), Loading::Mapped)?;
        let all = sentences::read(Path::new(sentences::SHIPPED))?;
        let mine = all.iter().cycle().skip(i * self.size.sentences).take(self.size.sentences);
        Ok(pictures::hash(&mine.map(|sentence| model.translate(sentence)).collect::<Vec<_>>()))
    }
}

/// The arguments of a process of clients of the web server: as many tasks as there are connections, whose requests follow one another.
fn clients(connections: usize, server: &str) -> Vec<String> {
    clients_with(&connections.to_string(), server)
}

/// The same with words that a twin replaces by its numbers.
pub fn clients_with(connections: &str, server: &str) -> Vec<String> {
    let size = Size { gets: REQUESTS, ..Size::default() };
    let clients = Cell { workload: Workload::Io, technique: Technique::Asyncio, size, ..Cell::default() };
    let mut args = clients.to_args(CELL);
    for (option, value) in [("--waiting", connections), ("--server", server)] {
        let at = args.iter().position(|arg| arg == option).expect("a cell has these options") + 1;
        value.clone_into(&mut args[at]);
    }
    args
}

/// The results of all units of a cell.
struct UnitResults {
    /// In order of the units.
    checks: Vec<Check>,
    /// The results of their processes, if there are processes.
    children: Vec<ProcessResult>,
    /// Operations per second, if the units measured them themselves.
    rate: Option<f64>,
}

fn served(Served { answered, rate }: Served) -> UnitResults {
    UnitResults { checks: vec![answered], children: Vec::new(), rate: Some(rate) }
}

fn no_answer(e: io::Error) -> Error {
    Error::failed(text!("서버가 응답하지 않습니다: {e}", "the server does not answer: {e}"))
}
