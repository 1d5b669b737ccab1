//! What is compared: workloads and techniques, and how much work they have.

use std::time::Duration;

use lab::cli::{Args, Choice, Opt, Options};
use lab::lang::Text;
use lab::text;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// Units that wait for each other: in how many processes, threads and event loops are they alive at the same moment?
    Alive,
    /// HTTP GETs from a server that answers after a delay.
    Io,
    /// The article's counting loop.
    Cpu,
    /// A hash computed by native code that releases the GIL. Python only: in Rust there is a GIL to put around the loop, or none.
    Native,
    /// Reads files.
    Files,
    /// One GET of each of many units.
    Calls,
    /// A web server, and clients that keep it busy.
    Serve,
    /// Decode, blur, resize and encode pictures; in Python with Pillow.
    Images,
    /// The same on a smaller picture with Python's standard library alone. Python only.
    Png,
    /// Inference of a small translation model.
    Translate,
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
    const WORDS: &'static [(&'static str, Workload)] = &[
        ("alive", Workload::Alive),
        ("io", Workload::Io),
        ("cpu", Workload::Cpu),
        ("native", Workload::Native),
        ("files", Workload::Files),
        ("calls", Workload::Calls),
        ("serve", Workload::Serve),
        ("images", Workload::Images),
        ("png", Workload::Png),
        ("translate", Workload::Translate),
    ];
}

impl Workload {
    /// Those that are measured in rounds, in the order in which a round measures them: what the rows of the table need first.
    pub const ALL: [Workload; 9] = [
        Workload::Io,
        Workload::Cpu,
        Workload::Native,
        Workload::Files,
        Workload::Calls,
        Workload::Serve,
        Workload::Images,
        Workload::Png,
        Workload::Translate,
    ];

    /// Its id on command lines and in reports.
    pub fn id(self) -> &'static str {
        self.word()
    }

    pub fn name(self) -> Text {
        match self {
            Workload::Alive => text!("방식", "how it works"),
            Workload::Io => text!("I/O 바운드: 웹 요청", "I/O-bound: web requests"),
            Workload::Cpu => text!("CPU 바운드: 덧셈 루프", "CPU-bound: the counting loop"),
            Workload::Native => {
                text!("CPU 바운드: GIL을 놓는 네이티브 코드", "CPU-bound: native code that releases the GIL")
            }
            Workload::Files => text!("I/O 바운드: 파일 읽기", "I/O-bound: reading files"),
            Workload::Calls => text!("I/O 바운드: 대규모 API 호출", "I/O-bound: many API calls"),
            Workload::Serve => text!("I/O 바운드: 웹 서버", "I/O-bound: a web server"),
            Workload::Images => text!("CPU 바운드: 이미지 처리", "CPU-bound: image processing"),
            Workload::Png => {
                text!(
                    "CPU 바운드: 이미지 처리, 표준 라이브러리만",
                    "CPU-bound: image processing, standard library only"
                )
            }
            Workload::Translate => text!("CPU 바운드: 번역 모델", "CPU-bound: a translation model"),
        }
    }

    /// What its rate counts, if the rate is shown and not the time.
    pub fn rate_name(self) -> Option<Text> {
        match self {
            Workload::Io | Workload::Calls => Some(text!("GET/초", "GETs/s")),
            Workload::Serve => Some(text!("응답/초", "answers/s")),
            _ => None,
        }
    }

    /// Whether its results depend on nothing but the work, so that every technique must have the same.
    pub fn has_same_results(self) -> bool {
        !matches!(self, Workload::Alive | Workload::Io | Workload::Calls | Workload::Serve)
    }

    /// Whether only the row of use cases needs it: three rounds of it are enough.
    pub fn is_use_case_only(self) -> bool {
        !matches!(self, Workload::Alive | Workload::Io | Workload::Cpu | Workload::Native)
    }

    /// The techniques to measure in Rust.
    pub fn in_rust(self) -> &'static [Technique] {
        use Technique::*;
        match self {
            Workload::Alive => &[Threads, ThreadsGil, Asyncio, AsyncioGil, Processes, ProcessesGil],
            Workload::Native | Workload::Png => &[],
            // So many processes would take gigabytes in Python. The sequence is that of the web requests.
            Workload::Calls => &[Threads, ThreadsGil, Asyncio, AsyncioGil],
            _ => &[Sequence, Threads, ThreadsGil, Asyncio, AsyncioGil, Processes, ProcessesGil],
        }
    }

    /// The techniques to measure in Python.
    pub fn in_python(self) -> &'static [Technique] {
        use Technique::*;
        match self {
            Workload::Alive | Workload::Native => &[Threads, Asyncio, Processes],
            Workload::Calls => &[Threads, Asyncio],
            _ => &[Sequence, Threads, Asyncio, Processes],
        }
    }

    /// The workload whose sequence it is compared with.
    pub fn baseline(self) -> Workload {
        if self == Workload::Calls { Workload::Io } else { self }
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

/// How much work the cells have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// Units of concurrency of the I/O-bound work: threads, tasks, processes.
    pub waiting: usize,
    /// GETs of each unit, one after another on one connection.
    pub gets: usize,
    /// Units of the work that computes, of the files and of the translation.
    pub jobs: usize,
    /// Iterations of the loop in each unit.
    pub iterations: u64,
    /// How often each picture is processed; each time is a unit.
    pub copies: usize,
    /// Units that make one API call each.
    pub calls: usize,
    /// How often each unit reads its files.
    pub reads: usize,
    /// Sentences that each unit translates.
    pub sentences: usize,
}

/// The least of everything.
impl Default for Size {
    fn default() -> Size {
        Size { waiting: 1, gets: 1, jobs: 1, iterations: 1, copies: 1, calls: 1, reads: 1, sentences: 1 }
    }
}

/// Python does one part in so many of the iterations that the reader asked for.
pub const PYTHON_SHARE: u64 = 40;

/// A cell that takes longer than this has hung.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Few, because they are slow. GETs per second are compared.
pub const GETS_IN_SEQUENCE: usize = 5;

/// Requests of each connection to the web server, one after another.
pub const REQUESTS: usize = 5;

/// How long the web server waits for its own data with each request, in ms.
pub const SERVER_WAITS: u64 = 10;

/// The options by which a reader chooses the size; the child processes have them too.
#[derive(Clone, Copy, Debug)]
pub struct SizeOptions {
    waiting: Opt<usize>,
    gets: Opt<usize>,
    jobs: Opt<usize>,
    iterations: Opt<Option<u64>>,
    copies: Opt<usize>,
    calls: Opt<usize>,
    reads: Opt<usize>,
    sentences: Opt<usize>,
}

impl SizeOptions {
    pub fn declare(options: &mut Options) -> SizeOptions {
        let about = text!("I/O: 동시에 기다리는 단위 수", "I/O: units that wait at once");
        let waiting = options.size("waiting", 1..=2000, 100, about);
        let gets =
            options.size("gets", 1..=1000, 2, text!("I/O: 단위마다 보내는 GET 요청 수", "I/O: GETs of each unit"));
        let about = text!("루프, 파일, 번역: 단위 수", "loop, files, translation: number of units");
        let jobs = options.size("jobs", 1..=64, 4, about);
        let about = text!(
            "루프: 단위마다 반복 횟수 (기본: 충분히 오래 걸리도록 정함)",
            "loop: iterations of each unit (default: as many as take long enough)"
        );
        let iterations = options.count_if_given("iterations", 1..=10_000_000_000, about);
        let about = text!("이미지: 이미지마다 반복하는 횟수", "images: how often each picture is processed");
        let copies = options.size("copies", 1..=100, 1, about);
        let calls = options.size("calls", 1..=2000, 500, text!("API 호출: 단위 수", "API calls: number of units"));
        let about = text!("파일: 읽는 횟수", "files: how often they are read");
        let reads = options.size("reads", 1..=1000, 16, about);
        let about = text!("번역: 단위마다 문장 수", "translation: sentences of each unit");
        let sentences = options.size("sentences", 1..=100, 3, about);
        SizeOptions { waiting, gets, jobs, iterations, copies, calls, reads, sentences }
    }

    /// Without iterations where the reader gave none.
    pub fn get(self, args: &Args) -> (Size, Option<u64>) {
        let iterations = args.get(self.iterations);
        let size = Size {
            waiting: args.get(self.waiting),
            gets: args.get(self.gets),
            jobs: args.get(self.jobs),
            iterations: iterations.unwrap_or(1),
            copies: args.get(self.copies),
            calls: args.get(self.calls),
            reads: args.get(self.reads),
            sentences: args.get(self.sentences),
        };
        (size, iterations)
    }
}

impl Size {
    /// Every number with the name of its option.
    pub fn named(&self) -> [(&'static str, u64); 8] {
        let Size { waiting, gets, jobs, iterations, copies, calls, reads, sentences } = self;
        [
            ("waiting", *waiting as u64),
            ("gets", *gets as u64),
            ("jobs", *jobs as u64),
            ("iterations", *iterations),
            ("copies", *copies as u64),
            ("calls", *calls as u64),
            ("reads", *reads as u64),
            ("sentences", *sentences as u64),
        ]
    }

    /// As arguments for a child.
    pub fn to_args(&self) -> Vec<String> {
        self.named().iter().flat_map(|(name, n)| [format!("--{name}"), n.to_string()]).collect()
    }

    /// With less of everything that can be made less without becoming too short, for a run of few seconds.
    pub fn quick(self) -> Size {
        let Size { waiting, gets, jobs, iterations, copies, calls, reads, sentences } = self;
        let less = |n: usize, most: usize| n.min(most);
        let (calls, reads, sentences) = (less(calls, 200), less(reads, 8), less(sentences, 1));
        Size { waiting, gets, jobs, iterations, copies: less(copies, 1), calls, reads, sentences }
    }
}
