//! What is measured: kinds of work, what grows along a curve, techniques, and the options that set the sizes.

use std::time::Duration;

use lab::cli::{Args, Choice, Opt, Options};
use lab::lang::Text;
use lab::{machine, text};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// The article's counting loop.
    Cpu,
    /// A sleep, as in the article's listings.
    Waiting,
}

/// What grows from point to point of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The same work is divided among more workers; waiting workers each wait [`WAITS`] times.
    Workers,
    /// There are more tasks; each does the same and has a thread, a process, or a task of the event loop of its own.
    Tasks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Technique {
    Threads,
    Processes,
    Asyncio,
}

impl Choice for Work {
    const WORDS: &'static [(&'static str, Work)] = &[("cpu", Work::Cpu), ("waiting", Work::Waiting)];
}

impl Choice for Over {
    const WORDS: &'static [(&'static str, Over)] = &[("workers", Over::Workers), ("tasks", Over::Tasks)];
}

impl Choice for Technique {
    const WORDS: &'static [(&'static str, Technique)] =
        &[("threads", Technique::Threads), ("processes", Technique::Processes), ("asyncio", Technique::Asyncio)];
}

impl Work {
    pub const ALL: [Work; 2] = [Work::Cpu, Work::Waiting];

    pub fn name(self) -> Text {
        match self {
            Work::Cpu => text!("CPU 바운드", "CPU-bound"),
            Work::Waiting => text!("기다림", "waiting"),
        }
    }
}

impl Over {
    pub const ALL: [Over; 2] = [Over::Workers, Over::Tasks];

    pub fn name(self) -> Text {
        match self {
            Over::Workers => text!("워커", "workers"),
            Over::Tasks => text!("작업", "tasks"),
        }
    }
}

impl Technique {
    pub const ALL: [Technique; 3] = [Technique::Threads, Technique::Processes, Technique::Asyncio];

    pub fn name(self) -> Text {
        match self {
            Technique::Threads => text!("스레드", "threads"),
            Technique::Processes => text!("프로세스", "processes"),
            Technique::Asyncio => text!("asyncio", "asyncio"),
        }
    }
}

/// How often each worker waits; a task waits once.
pub const WAITS: u64 = 3;
/// A task of the counting loop is one part in so many of the work that the workers share.
pub const TASK_SHARE: u64 = 8000;
/// Python does one part in so many of the iterations, to take about the same time.
pub const PYTHON_SHARE: u64 = 40;
/// A point that is expected to take more than one part in so many of the budget is left out.
const LEFT_OUT: u32 = 16;
/// A number of tasks that takes more than one part in so many of the budget is measured in the first round only.
const ONCE: u32 = 128;
/// `--quick` divides the iterations by it.
const QUICK: u64 = 2;

#[derive(Clone, Debug, PartialEq)]
pub struct Size {
    /// Time for the whole run. No further round starts if it would end later.
    pub budget: Duration,
    /// The most workers.
    pub workers: usize,
    /// The most tasks.
    pub most: usize,
    /// Iterations of the loop that the workers share.
    pub iterations: u64,
    /// One wait.
    pub wait: Duration,
    pub rounds: usize,
}

/// The options by which a reader chooses the size.
#[derive(Clone, Copy, Debug)]
pub struct SizeOptions {
    seconds: Opt<Duration>,
    quick: Opt<bool>,
    workers: Opt<Option<u64>>,
    most: Opt<usize>,
    iterations: Opt<u64>,
    wait: Opt<Duration>,
    rounds: Opt<usize>,
}

impl SizeOptions {
    pub fn declare(options: &mut Options) -> SizeOptions {
        let about = text!("측정 시간의 예산(초)", "time budget of the measurement, in seconds");
        let seconds = options.seconds("seconds", 1.0..=3600.0, 20.0, about);
        let about = text!("예산 6초, 루프는 절반", "a budget of 6 s, and half of the loop");
        let quick = options.flag("quick", about);
        options.conflict(seconds, quick);
        let about = text!("워커의 최대 수 (기본: 코어 수의 4배)", "maximum number of workers (default: 4 × cores)");
        let workers = options.count_if_given("workers", 1..=1024, about);
        let most = options.size("most", 1..=100_000, 10_000, text!("작업의 최대 수", "maximum number of tasks"));
        let about = text!("루프: 워커들이 나누는 반복 횟수", "loop: iterations that the workers share");
        let iterations = options.count("iterations", 1..=10_000_000_000, 240_000_000, about);
        let about = text!("한 번 기다리는 시간(초)", "length of one wait, in seconds");
        let wait = options.seconds("wait", 0.001..=1.0, 0.01, about);
        let rounds = options.rounds(5);
        SizeOptions { seconds, quick, workers, most, iterations, wait, rounds }
    }

    pub fn get(self, args: &Args) -> Size {
        let quick = args.get(self.quick);
        let part = if quick && !args.is_given(self.iterations) { QUICK } else { 1 };
        Size {
            budget: if quick { Duration::from_secs(6) } else { args.get(self.seconds) },
            workers: args.get(self.workers).map_or(4 * machine::cores(), |n| n as usize),
            most: args.get(self.most),
            iterations: args.get(self.iterations).div_ceil(part),
            wait: args.get(self.wait),
            rounds: args.get(self.rounds),
        }
    }
}

impl Size {
    /// The points of a curve: powers of two up to the most workers, with the number of cores; or powers of ten up to the most tasks.
    pub fn points(&self, over: Over, cores: usize) -> Vec<usize> {
        let (base, most) = match over {
            Over::Workers => (2, self.workers),
            Over::Tasks => (10, self.most),
        };
        let mut points: Vec<usize> = (0..).map(|n| usize::saturating_pow(base, n)).take_while(|n| *n < most).collect();
        points.push(most);
        if over == Over::Workers && cores < most {
            points.push(cores);
        }
        points.sort_unstable();
        points.dedup();
        points
    }

    /// Iterations of one task of the counting loop.
    pub fn task_iterations(&self) -> u64 {
        self.iterations.div_ceil(TASK_SHARE)
    }

    /// A point that is expected to take longer is left out.
    pub fn point_limit(&self) -> Duration {
        self.budget / LEFT_OUT
    }

    /// A number of tasks that takes longer is measured in the first round only.
    pub fn repeat_limit(&self) -> Duration {
        self.budget / ONCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(workers: usize, most: usize) -> Size {
        let (budget, wait) = (Duration::from_secs(20), Duration::from_millis(20));
        Size { budget, workers, most, iterations: 5000, wait, rounds: 1 }
    }

    #[test]
    fn points_ascend_from_one_to_the_most_and_include_the_cores() {
        assert_eq!(size(8, 1).points(Over::Workers, 2), [1, 2, 4, 8]);
        assert_eq!(size(24, 1).points(Over::Workers, 6), [1, 2, 4, 6, 8, 16, 24]);
        assert_eq!(size(1, 1).points(Over::Workers, 4), [1], "the reader asked for one worker");
        assert_eq!(size(1, 10_000).points(Over::Tasks, 6), [1, 10, 100, 1000, 10_000]);
        assert_eq!(size(1, 250).points(Over::Tasks, 6), [1, 10, 100, 250]);
        for most in 1..200 {
            for over in Over::ALL {
                let points = size(most, most).points(over, 6);
                assert!(points.is_sorted_by(|a, b| a < b), "{points:?}");
                assert_eq!((points[0], *points.last().unwrap()), (1, most));
            }
        }
    }

    #[test]
    fn a_task_has_at_least_one_iteration() {
        assert_eq!(Size { iterations: 20_000, ..size(1, 1) }.task_iterations(), 3);
        assert_eq!(Size { iterations: 1, ..size(1, 1) }.task_iterations(), 1);
    }
}
