//! The ways, what is asked of them, and what is said.

use lab::lang::Text;
use lab::text;

/// A way of doing several things at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A pool of threads.
    Threads,
    /// Tasks on an event loop.
    Asyncio,
    /// A pool of processes.
    Processes,
    /// A pool of sub-interpreters, each with its own GIL.
    Interpreters,
    /// Threads on a build without a GIL.
    FreeThreaded,
    /// The part that computes with the GIL, written in another language.
    Native,
    /// Processes on several machines, under Celery, Dask or Ray.
    Cluster,
}

impl Way {
    /// All, in the order of tables.
    pub const ALL: [Way; 7] =
        [Way::Threads, Way::Asyncio, Way::Processes, Way::Interpreters, Way::FreeThreaded, Way::Native, Way::Cluster];

    /// Its word in ids.
    pub fn word(self) -> &'static str {
        match self {
            Way::Threads => "threads",
            Way::Asyncio => "asyncio",
            Way::Processes => "processes",
            Way::Interpreters => "interpreters",
            Way::FreeThreaded => "free-threaded",
            Way::Native => "native",
            Way::Cluster => "cluster",
        }
    }

    /// Its name for readers.
    pub fn name(self) -> Text {
        match self {
            Way::Threads => text!("스레드", "threads"),
            Way::Asyncio => Text::same("asyncio"),
            Way::Processes => text!("프로세스", "processes"),
            Way::Interpreters => text!("서브인터프리터", "sub-interpreters"),
            Way::FreeThreaded => text!("GIL 없는 빌드의 스레드", "threads without a GIL"),
            Way::Native => text!("네이티브 코드", "native code"),
            Way::Cluster => text!("클러스터(추정)", "a cluster (estimate)"),
        }
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Into how many independent pieces the work is cut.
    pub pieces: u64,
    /// Cores.
    pub cores: u64,
    /// What is passed to a piece and back, together, in bytes: for processes. 0: what the program's own processes were seen to pass.
    pub payload: u64,
    /// Machines of a cluster, each with so many cores.
    pub hosts: u64,
}

/// What a way would give.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The way.
    pub way: Way,
    /// How many times as fast the program would be, from its start to its end.
    pub factor: f64,
    /// The interval in which the factor is expected in nine of ten cases.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Workers of the pool; 1 for an event loop.
    pub workers: u64,
    /// What it rests on, and what would make it wrong.
    pub doubt: Text,
}
