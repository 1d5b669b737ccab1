//! What is compared: workloads and techniques.

use lab::cli::{Args, Choice, Opt, Options};
use lab::lang::Text;
use lab::text;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// HTTP GETs from a server that answers after a delay.
    Io,
    /// The article's counting loop.
    Cpu,
    /// Decode, blur, resize and encode pictures.
    Images,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Technique {
    /// One unit after another.
    Sequence,
    /// A thread for each unit.
    Threads,
    /// A thread for each unit, and one GIL for all.
    ThreadsGil,
    /// A task for each unit, all on one thread.
    Asyncio,
    /// The same, and the thread is under a GIL.
    AsyncioGil,
    /// A process for each unit.
    Processes,
    /// A process for each unit, each under a GIL of its own.
    ProcessesGil,
}

impl Choice for Workload {
    const WORDS: &'static [(&'static str, Workload)] =
        &[("io", Workload::Io), ("cpu", Workload::Cpu), ("images", Workload::Images)];
}

impl Workload {
    /// In the order of the table.
    pub const ALL: [Workload; 3] = [Workload::Io, Workload::Cpu, Workload::Images];

    /// Its id on command lines and in reports.
    pub fn id(self) -> &'static str {
        self.word()
    }

    pub fn name(self) -> Text {
        match self {
            Workload::Io => text!("I/O 바운드: 웹 요청", "I/O-bound: web requests"),
            Workload::Cpu => text!("CPU 바운드: 덧셈 루프", "CPU-bound: the counting loop"),
            Workload::Images => text!("CPU 바운드: 이미지 처리", "CPU-bound: image processing"),
        }
    }

    /// The techniques to measure. A GIL around an event loop, and a GIL in each process, are measured with one workload only.
    pub fn techniques(self) -> &'static [Technique] {
        use Technique::*;
        match self {
            Workload::Cpu => &[Sequence, Threads, ThreadsGil, Asyncio, AsyncioGil, Processes, ProcessesGil],
            Workload::Io | Workload::Images => &[Sequence, Threads, ThreadsGil, Asyncio, Processes],
        }
    }
}

impl Choice for Technique {
    const WORDS: &'static [(&'static str, Technique)] = &[
        ("sequence", Technique::Sequence),
        ("threads", Technique::Threads),
        ("threads-gil", Technique::ThreadsGil),
        ("asyncio", Technique::Asyncio),
        ("asyncio-gil", Technique::AsyncioGil),
        ("processes", Technique::Processes),
        ("processes-gil", Technique::ProcessesGil),
    ];
}

impl Technique {
    /// In the order of the table.
    pub const ALL: [Technique; 7] = [
        Technique::Sequence,
        Technique::Threads,
        Technique::ThreadsGil,
        Technique::Asyncio,
        Technique::AsyncioGil,
        Technique::Processes,
        Technique::ProcessesGil,
    ];
    /// Its id on command lines and in reports.
    pub fn id(self) -> &'static str {
        self.word()
    }

    pub fn name(self) -> Text {
        match self {
            Technique::Sequence => text!("순차 실행", "in sequence"),
            Technique::Threads => text!("스레드", "threads"),
            Technique::ThreadsGil => text!("스레드 + GIL", "threads + GIL"),
            Technique::Asyncio => text!("asyncio", "asyncio"),
            Technique::AsyncioGil => text!("asyncio + GIL", "asyncio + GIL"),
            Technique::Processes => text!("프로세스", "processes"),
            Technique::ProcessesGil => text!("프로세스 + 각자 GIL", "processes, a GIL each"),
        }
    }

    /// Whether it runs under our model of the GIL; CPython has its own.
    pub fn has_model_gil(self) -> bool {
        matches!(self, Technique::ThreadsGil | Technique::AsyncioGil | Technique::ProcessesGil)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Size {
    /// Units of concurrency of the I/O-bound work: threads, tasks, processes.
    pub waiting: usize,
    /// GETs of each unit, one after another on one connection.
    pub gets: usize,
    /// Units of the counting loop.
    pub jobs: usize,
    /// Iterations of the loop in each unit. Python does one [`PYTHON_SHARE`]th.
    pub iterations: u64,
    /// How often each picture is processed; each time is a unit.
    pub copies: usize,
}

/// Python does one part in so many of the iterations, to take about the same time.
pub const PYTHON_SHARE: u64 = 40;

/// Few, because they are slow. GETs per second are compared.
pub const GETS_IN_SEQUENCE: usize = 10;

/// The options by which a reader chooses the size; the child processes have them too.
#[derive(Clone, Copy, Debug)]
pub struct SizeOptions {
    waiting: Opt<usize>,
    gets: Opt<usize>,
    jobs: Opt<usize>,
    iterations: Opt<u64>,
    copies: Opt<usize>,
}

impl SizeOptions {
    pub fn declare(options: &mut Options) -> SizeOptions {
        let about = text!("I/O: 동시에 기다리는 단위 수", "I/O: units that wait at once");
        let waiting = options.size("waiting", 1..=2000, 100, about);
        let gets =
            options.size("gets", 1..=1000, 2, text!("I/O: 단위마다 보내는 GET 요청 수", "I/O: GETs of each unit"));
        let jobs = options.size("jobs", 1..=64, 4, text!("루프: 단위 수", "loop: number of units"));
        let about = text!("루프: 단위마다 반복 횟수", "loop: iterations of each unit");
        let iterations = options.count("iterations", 1..=10_000_000_000, 240_000_000, about);
        let about = text!("이미지: 이미지마다 반복하는 횟수", "images: how often each picture is processed");
        let copies = options.size("copies", 1..=100, 2, about);
        SizeOptions { waiting, gets, jobs, iterations, copies }
    }

    pub fn get(self, args: &Args) -> Size {
        Size {
            waiting: args.get(self.waiting),
            gets: args.get(self.gets),
            jobs: args.get(self.jobs),
            iterations: args.get(self.iterations),
            copies: args.get(self.copies),
        }
    }
}

impl Size {
    /// As arguments for a child.
    pub fn to_args(&self) -> Vec<String> {
        let Size { waiting, gets, jobs, iterations, copies } = self;
        let pairs = [("waiting", *waiting), ("gets", *gets), ("jobs", *jobs), ("copies", *copies)];
        let mut args: Vec<String> = pairs.iter().flat_map(|(name, n)| [format!("--{name}"), n.to_string()]).collect();
        args.extend(["--iterations".to_owned(), iterations.to_string()]);
        args
    }
}
