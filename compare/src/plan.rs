//! What is compared: workloads (rows of the article's table) by techniques (its columns).

use lab::cli::{Args, Declared, Kind, opt};
use lab::lang::Text;
use lab::text;

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// HTTP GETs of a server that takes its time.
    Io,
    /// The article's counting loop.
    Cpu,
    /// Decode, blur, resize and encode pictures.
    Images,
}

/// A way to do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Technique {
    /// One unit after another.
    Sequence,
    /// A thread a unit.
    Threads,
    /// A thread a unit, and one GIL for all.
    ThreadsGil,
    /// A task a unit, all on one thread.
    Asyncio,
    /// The same with that thread under a GIL.
    AsyncioGil,
    /// A process a unit.
    Processes,
    /// The same, each process under a GIL of its own.
    ProcessesGil,
}

impl Workload {
    /// All of them, in the order of the table.
    pub const ALL: [Workload; 3] = [Workload::Io, Workload::Cpu, Workload::Images];
    /// Their ids on command lines and in reports.
    pub const IDS: [&'static str; 3] = ["io", "cpu", "images"];

    /// Its id.
    pub fn id(self) -> &'static str {
        Workload::IDS[self as usize]
    }

    /// What the reader calls it.
    pub fn name(self) -> Text {
        match self {
            Workload::Io => text!("I/O 바운드: 웹 요청", "I/O-bound: web requests"),
            Workload::Cpu => text!("CPU 바운드: 세는 루프", "CPU-bound: the counting loop"),
            Workload::Images => text!("CPU 바운드: 이미지 처리", "CPU-bound: image processing"),
        }
    }

    /// The techniques that are tried on it. What a GIL does to a loop on one thread, or to a process of its own, is shown once.
    pub fn techniques(self) -> &'static [Technique] {
        use Technique::*;
        match self {
            Workload::Cpu => &[Sequence, Threads, ThreadsGil, Asyncio, AsyncioGil, Processes, ProcessesGil],
            Workload::Io | Workload::Images => &[Sequence, Threads, ThreadsGil, Asyncio, Processes],
        }
    }
}

impl Technique {
    /// All of them, in the order of the table.
    pub const ALL: [Technique; 7] = [
        Technique::Sequence,
        Technique::Threads,
        Technique::ThreadsGil,
        Technique::Asyncio,
        Technique::AsyncioGil,
        Technique::Processes,
        Technique::ProcessesGil,
    ];
    /// Their ids on command lines and in reports.
    pub const IDS: [&'static str; 7] =
        ["sequence", "threads", "threads-gil", "asyncio", "asyncio-gil", "processes", "processes-gil"];

    /// Its id.
    pub fn id(self) -> &'static str {
        Technique::IDS[self as usize]
    }

    /// What the reader calls it.
    pub fn name(self) -> Text {
        match self {
            Technique::Sequence => text!("차례로", "in sequence"),
            Technique::Threads => text!("스레드", "threads"),
            Technique::ThreadsGil => text!("스레드 + GIL", "threads + GIL"),
            Technique::Asyncio => text!("asyncio", "asyncio"),
            Technique::AsyncioGil => text!("asyncio + GIL", "asyncio + GIL"),
            Technique::Processes => text!("프로세스", "processes"),
            Technique::ProcessesGil => text!("프로세스 + 저마다 GIL", "processes, a GIL each"),
        }
    }

    /// Whether this is our model of CPython rather than something CPython can be asked to do.
    pub fn has_model_gil(self) -> bool {
        matches!(self, Technique::ThreadsGil | Technique::AsyncioGil | Technique::ProcessesGil)
    }
}

/// How large the work is.
#[derive(Clone, Debug, PartialEq)]
pub struct Size {
    /// Units of concurrency of the I/O-bound work: threads, tasks, processes.
    pub waiting: usize,
    /// GETs of each unit, one after another on one connection.
    pub gets: usize,
    /// Units of the counting loop.
    pub jobs: usize,
    /// Turns of the loop in each unit. Python does one [`PYTHON_SHARE`]th.
    pub turns: u64,
    /// How often each picture is processed: a unit each time.
    pub copies: usize,
}

/// Python is given one part in so many of the turns, so that it is done in about the same time.
pub const PYTHON_SHARE: u64 = 20;

/// GETs in sequence are so few because they are slow; what is compared is GETs per second.
pub const GETS_IN_SEQUENCE: usize = 10;

impl Size {
    /// The options by which a reader chooses the size; also those of the child processes.
    pub fn options() -> Vec<Declared> {
        let count = |name, most, default, about| opt(name, Kind::Count(1, most), default, about);
        vec![
            count("waiting", 2000, "100", text!("I/O: 동시에 기다리는 단위의 수", "I/O: units that wait at once")),
            count("gets", 1000, "2", text!("I/O: 단위마다 보내는 GET의 수", "I/O: GETs of each unit")),
            count("jobs", 64, "4", text!("루프: 단위의 수", "loop: number of units")),
            count(
                "turns",
                10_000_000_000,
                "60000000",
                text!("루프: 단위마다 도는 바퀴 수", "loop: turns of each unit"),
            ),
            count(
                "copies",
                100,
                "2",
                text!("이미지: 그림마다 되풀이하는 횟수", "images: how often each picture is done"),
            ),
        ]
    }

    /// The size that was asked for.
    pub fn from(args: &Args) -> Size {
        Size {
            waiting: args.size("waiting"),
            gets: args.size("gets"),
            jobs: args.size("jobs"),
            turns: args.count("turns"),
            copies: args.size("copies"),
        }
    }

    /// The same size as arguments for a child.
    pub fn to_args(&self) -> Vec<String> {
        let Size { waiting, gets, jobs, turns, copies } = self;
        let pairs = [("waiting", *waiting), ("gets", *gets), ("jobs", *jobs), ("copies", *copies)];
        let mut args: Vec<String> = pairs.iter().flat_map(|(name, n)| [format!("--{name}"), n.to_string()]).collect();
        args.extend(["--turns".to_owned(), turns.to_string()]);
        args
    }
}
