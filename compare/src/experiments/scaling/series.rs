//! One curve, measured in a process of its own: its points in ascending order, one run of each.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use gil_sim::{Gil, SWITCH_INTERVAL, ThreadId, loops};
use lab::cli::{Args, Choice, Experiment, Options};
use lab::lang::Text;
use lab::report::{Measure, Report, Unit};
use lab::trace::Recorder;
use lab::{Error, Result, clock, terminal, text};
use multiprocessing::techniques;
use tokio::runtime::Builder;

use super::plan::{Over, Technique, WAITS, Work};

/// The child command that measures a curve.
pub const SERIES: &str = "scaling-series";
/// The child command that is one worker, or one task, in a process of its own.
const UNIT: &str = "scaling-unit";

/// A curve to measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub work: Work,
    pub over: Over,
    pub technique: Technique,
    /// Whether it runs under our model of the GIL; processes have one each.
    pub gil: bool,
    /// Numbers of workers or of tasks, ascending.
    pub points: Vec<usize>,
    /// Of all workers together, or of one task.
    pub iterations: u64,
    pub wait: Duration,
    /// A point that is expected to take longer than this is left out, and so are those after it.
    pub limit: Duration,
}

/// What one worker or one task does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Load {
    Count(u64),
    Wait(u64, Duration),
}

/// What one of them did.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Done {
    /// The sum of the loop, or the number of waits.
    check: u64,
    /// How long its own part took, in ns.
    busy: u64,
    /// CPU time of its process, in ns; 0 if it had none of its own.
    cpu: u64,
}

impl Series {
    /// As arguments for a child.
    pub fn to_args(&self) -> Vec<String> {
        let Series { work, over, technique, gil, points, iterations, wait, limit } = self;
        let points = points.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        let (iterations, wait, limit) =
            (iterations.to_string(), wait.as_secs_f64().to_string(), limit.as_secs_f64().to_string());
        let pairs = [
            ("--work", work.word()),
            ("--over", over.word()),
            ("--technique", technique.word()),
            ("--points", &points),
            ("--iterations", &iterations),
            ("--wait", &wait),
            ("--limit", &limit),
        ];
        let mut args = vec![SERIES.to_owned()];
        args.extend(pairs.iter().flat_map(|(name, value)| [(*name).to_owned(), (*value).to_owned()]));
        args.extend(gil.then(|| "--gil".to_owned()));
        args
    }

    /// How many jobs, tasks or waits a point does. The workers of the counting loop share one job.
    pub fn operations(&self, n: usize) -> f64 {
        match (self.work, self.over) {
            (Work::Cpu, Over::Workers) => 1.0,
            (Work::Cpu | Work::Waiting, Over::Tasks) => n as f64,
            (Work::Waiting, Over::Workers) => (n as u64 * WAITS) as f64,
        }
    }

    /// What the `i`th of `n` does. The first ones take what is left over.
    fn load(&self, i: usize, n: usize) -> Load {
        let (i, n) = (i as u64, n as u64);
        match (self.work, self.over) {
            (Work::Cpu, Over::Workers) => Load::Count(self.iterations / n + u64::from(i < self.iterations % n)),
            (Work::Cpu, Over::Tasks) => Load::Count(self.iterations),
            (Work::Waiting, Over::Workers) => Load::Wait(WAITS, self.wait),
            (Work::Waiting, Over::Tasks) => Load::Wait(1, self.wait),
        }
    }

    /// Measures the points. A note says why the rest is missing.
    fn measure(&self) -> Result<Report> {
        let mut report = Report::new("compare/scaling-series");
        // The least that one more cost at the points so far, in ns: a disturbed point must not end the curve.
        let mut each: Option<f64> = None;
        for &n in &self.points {
            if each.is_some_and(|each| each * n as f64 > self.limit.as_nanos() as f64) {
                report.notes.push(too_long(self.limit));
                break;
            }
            let (start, cpu) = (clock::now(), clock::cpu());
            let done = match self.run(n) {
                Ok(done) => done,
                Err(why) if each.is_some() => {
                    report.notes.push(why.text().clone());
                    break;
                }
                Err(why) => return Err(why),
            };
            let wall = clock::now() - start;
            let cpu = clock::cpu().zip(cpu).map(|(after, before)| after - before);
            self.verify(n, &done)?;
            let own = self.own_time(wall) / n as f64;
            each = Some(each.map_or(own, |each| each.min(own)));
            let mut add = |id: &str, value: u64| {
                let id = format!("{id}.{n}");
                report.measures.push(Measure::new(id.clone(), Text::same(id), Unit::Ns, vec![value as f64]));
            };
            add("wall", wall);
            add("busy", done.iter().map(|done| done.busy).sum::<u64>() / n as u64);
            if let Some(cpu) = cpu {
                add("cpu", cpu + done.iter().map(|done| done.cpu).sum::<u64>());
            }
        }
        Ok(report)
    }

    /// What a point took beside its waiting, in ns: what more workers or tasks multiply. Workers that share one job do not.
    fn own_time(&self, wall: u64) -> f64 {
        let wait = self.wait.as_nanos() as u64;
        match (self.work, self.over) {
            (Work::Cpu, Over::Workers) => 0.0,
            (Work::Cpu, Over::Tasks) => wall as f64,
            (Work::Waiting, Over::Workers) => wall.saturating_sub(WAITS * wait) as f64,
            (Work::Waiting, Over::Tasks) => wall.saturating_sub(wait) as f64,
        }
    }

    fn run(&self, n: usize) -> Result<Vec<Done>> {
        let gil = self.gil.then(|| Gil::new(SWITCH_INTERVAL));
        match self.technique {
            Technique::Threads => techniques::threads(n, |i| self.load(i, n).run(i, gil.as_ref())),
            Technique::Processes => {
                let printed = techniques::processes(n, |i| self.load(i, n).to_args(self.gil))?;
                let done: Option<Vec<Done>> = printed.iter().map(|line| Done::from_line(line)).collect();
                done.ok_or_else(techniques::unreadable_answer)
            }
            Technique::Asyncio => self.tasks(n, gil.map(Arc::new)),
        }
    }

    /// A task for each, all on this thread. Under a GIL the code of a task holds it, and a task that waits does not.
    fn tasks(&self, n: usize, gil: Option<Arc<Gil>>) -> Result<Vec<Done>> {
        let task = |i| {
            let (load, gil) = (self.load(i, n), gil.clone());
            async move {
                let Load::Wait(times, wait) = load else { return load.run(0, gil.as_deref()) };
                let start = clock::now();
                for _ in 0..times {
                    drop(gil.as_ref().map(|gil| gil.acquire(ThreadId(1))));
                    tokio::time::sleep(wait).await;
                }
                let _held = gil.as_ref().map(|gil| gil.acquire(ThreadId(1)));
                Done { check: times, busy: clock::now() - start, cpu: 0 }
            }
        };
        Builder::new_current_thread().enable_time().build()?.block_on(async {
            let tasks: Vec<_> = (0..n).map(|i| tokio::spawn(task(i))).collect();
            let mut done = Vec::with_capacity(n);
            for task in tasks {
                done.push(task.await.map_err(|e| {
                    Error::failed(text!("태스크가 비정상 종료되었습니다: {e}", "a task has failed: {e}"))
                })?);
            }
            Ok(done)
        })
    }

    /// All did their work, and all of it.
    fn verify(&self, n: usize, done: &[Done]) -> Result<()> {
        let right = |(i, done): (usize, &Done)| {
            done.check
                == match self.load(i, n) {
                    Load::Count(iterations) => loops::sum(iterations),
                    Load::Wait(times, _) => times,
                }
        };
        if done.len() == n && done.iter().enumerate().all(right) {
            return Ok(());
        }
        Err(Error::failed(text!("{n}개의 결과가 틀렸습니다.", "the results of {n} are wrong.")))
    }
}

fn too_long(limit: Duration) -> Text {
    let seconds = limit.as_secs_f64();
    text!("{seconds:.2}초보다 오래 걸릴 것입니다", "it would take longer than {seconds:.2} s")
}

impl Load {
    /// On the calling thread, under a GIL if there is one.
    fn run(self, i: usize, gil: Option<&Gil>) -> Done {
        let (me, start) = (ThreadId(i as u64 + 1), clock::now());
        let check = match self {
            Load::Count(iterations) => match gil {
                Some(gil) => loops::under(gil, me, &mut Recorder::new().lane(Text::default()), iterations),
                None => loops::count(iterations),
            },
            Load::Wait(times, wait) => {
                let mut held = gil.map(|gil| gil.acquire(me));
                for _ in 0..times {
                    match &mut held {
                        Some(held) => held.allow_threads(|| thread::sleep(wait)),
                        None => thread::sleep(wait),
                    }
                }
                times
            }
        };
        Done { check, busy: clock::now() - start, cpu: 0 }
    }

    fn to_args(self, gil: bool) -> Vec<String> {
        let mut args = vec![UNIT.to_owned()];
        match self {
            Load::Count(iterations) => args.extend(["--iterations".to_owned(), iterations.to_string()]),
            Load::Wait(times, wait) => args.extend([
                "--waits".to_owned(),
                times.to_string(),
                "--wait".to_owned(),
                wait.as_secs_f64().to_string(),
            ]),
        }
        args.extend(gil.then(|| "--gil".to_owned()));
        args
    }
}

impl Done {
    fn to_line(self) -> String {
        format!("{} {} {}\n", self.check, self.busy, self.cpu)
    }

    fn from_line(line: &str) -> Option<Done> {
        let mut words = line.split_whitespace().map(|word| word.parse().ok());
        Some(Done { check: words.next()??, busy: words.next()??, cpu: words.next()?? })
    }
}

pub fn series_command() -> Experiment {
    let mut options = Options::new();
    let work = options.choice("work", Work::Cpu, Text::default());
    let over = options.choice("over", Over::Workers, Text::default());
    let technique = options.choice("technique", Technique::Threads, Text::default());
    let points = options.word("points", Text::default());
    let iterations = options.count("iterations", 1..=u64::MAX, 1, Text::default());
    let wait = options.seconds("wait", 0.0..=3600.0, 0.0, Text::default());
    let limit = options.seconds("limit", 0.0..=3600.0, 3600.0, Text::default());
    let gil = options.flag("gil", Text::default());
    let series = move |a: &Args| -> Result<Series> {
        let unknown = || Error::usage(text!("--points: 수를 주십시오.", "--points: give numbers."));
        let words = a.get(points).unwrap_or_default();
        let numbers = words.split(',').map(|word| word.parse().ok().filter(|n| *n > 0));
        Ok(Series {
            work: a.get(work),
            over: a.get(over),
            technique: a.get(technique),
            gil: a.get(gil),
            points: numbers.collect::<Option<_>>().ok_or_else(unknown)?,
            iterations: a.get(iterations),
            wait: a.get(wait),
            limit: a.get(limit),
        })
    };
    Experiment::child(SERIES, options, move |a| {
        terminal::print(&series(a)?.measure()?.to_json());
        Ok(())
    })
}

pub fn unit_command() -> Experiment {
    let mut options = Options::new();
    let iterations = options.count_if_given("iterations", 0..=u64::MAX, Text::default());
    let waits = options.count("waits", 1..=1000, 1, Text::default());
    let wait = options.seconds("wait", 0.0..=3600.0, 0.0, Text::default());
    let gil = options.flag("gil", Text::default());
    Experiment::child(UNIT, options, move |a| {
        let load = a.get(iterations).map_or(Load::Wait(a.get(waits), a.get(wait)), Load::Count);
        let gil = a.get(gil).then(|| Gil::new(SWITCH_INTERVAL));
        let done = load.run(0, gil.as_ref());
        // Read after the work: the CPU time is that of the whole process.
        terminal::print(&Done { cpu: clock::cpu().unwrap_or(0), ..done }.to_line());
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(work: Work, over: Over, technique: Technique, gil: bool) -> Series {
        let wait = Duration::from_millis(2);
        let limit = Duration::from_secs(3600);
        Series { work, over, technique, gil, points: vec![1, 3], iterations: 1000, wait, limit }
    }

    /// Processes need the program: `tests/it/scaling.rs` runs it.
    #[test]
    fn every_point_does_all_of_its_work() {
        for work in Work::ALL {
            for over in Over::ALL {
                for technique in [Technique::Threads, Technique::Asyncio] {
                    for gil in [false, true] {
                        let series = series(work, over, technique, gil);
                        let report = series.measure().unwrap();
                        let ids: Vec<&str> = report.measures.iter().map(|m| m.id.as_str()).collect();
                        assert!(ids.contains(&"wall.1") && ids.contains(&"wall.3"), "{series:?}: {ids:?}");
                        assert_eq!(report.notes, []);
                    }
                }
            }
        }
    }

    #[test]
    fn work_that_was_not_done_is_noticed() {
        let series = series(Work::Cpu, Over::Workers, Technique::Threads, false);
        let mut done = series.run(3).unwrap();
        assert!(series.verify(3, &done).is_ok());
        assert!(series.verify(3, &done[..2]).is_err(), "one is missing");
        done[1].check += 1;
        assert!(series.verify(3, &done).is_err(), "a wrong sum");
    }

    #[test]
    fn the_workers_share_all_iterations_and_nobody_two_more_than_another() {
        let series = series(Work::Cpu, Over::Workers, Technique::Threads, false);
        for n in 1..20 {
            let parts: Vec<u64> = (0..n)
                .map(|i| match series.load(i, n) {
                    Load::Count(iterations) => iterations,
                    Load::Wait(..) => unreachable!("it counts"),
                })
                .collect();
            assert_eq!(parts.iter().sum::<u64>(), 1000);
            assert!(parts.iter().max().unwrap() - parts.iter().min().unwrap() <= 1, "{parts:?}");
        }
    }

    #[test]
    fn a_point_that_would_take_too_long_is_left_out_with_the_reason() {
        let mut series = series(Work::Cpu, Over::Tasks, Technique::Asyncio, false);
        series.points = vec![1, 1_000_000_000];
        series.limit = Duration::from_millis(100);
        let report = series.measure().unwrap();
        assert!(report.measure("wall.1").is_some() && report.measure("wall.1000000000").is_none());
        assert_eq!(report.notes.len(), 1);
    }

    #[test]
    fn the_answer_of_a_process_is_read_or_refused() {
        let done = Done { check: 7, busy: 4096, cpu: 5 };
        assert_eq!(Done::from_line(&done.to_line()), Some(done));
        for garbage in ["", "7", "7 1", "x y z", "-1 0 0"] {
            assert_eq!(Done::from_line(garbage), None);
        }
    }
}
