//! The break-even point: how much work a task must have before a pool is faster than a sequence.
//!
//! A single task must take longer than its round trip. Many tasks are sent in batches, so far smaller ones pay.

use std::time::Instant;

use lab::lang::Text;
use lab::report::unit;
use lab::report::{Measure, Table, Unit};
use lab::{Error, Result, machine, stats, text};

use crate::pool_errors::{self, Bilingual};
use crate::work;
use process_pool::{Pool, Task};

/// Iterations in a task.
const WORK: [u64; 7] = [10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];
/// Iterations of all tasks of one measurement: small tasks are many, large ones few.
const IN_ALL: u64 = 20_000_000;
const MOST_TASKS: u64 = 100_000;

/// The counting loop, without a look at the clock: it would cost more than the smallest tasks.
pub static COUNT_UP: Task<u64, u128> = Task::new("count-up", count_up);

fn count_up(iterations: u64) -> u128 {
    work::add_up(0..iterations)
}

/// How long a task of one size takes, and how much faster the pool was.
struct Point {
    iterations: u64,
    /// Time of a task in this process, in ns.
    task: f64,
    /// Time of the sequence over time of the pool, many tasks at once; one sample a round.
    many: Vec<f64>,
    /// Time of a task in this process over time of one call to the pool; one sample a round. The pool does more, so less than 1 is
    /// expected; but a busy machine may slow down one of the two and not the other.
    call: Vec<f64>,
}

/// The measured points, from the smallest work to the largest.
pub struct BreakEven {
    workers: usize,
    start: f64,
    points: Vec<Point>,
}

/// Measures sequence and pool in turn.
pub fn measure(workers: usize, rounds: usize) -> Result<BreakEven> {
    let begin = Instant::now();
    let mut pool = Pool::builder().workers(workers).build().map_err(pool_errors::failed)?;
    pool.map(&COUNT_UP, vec![1; workers]);
    let start = begin.elapsed().as_nanos() as f64;
    let points = WORK.iter().map(|iterations| point(&mut pool, *iterations, rounds));
    Ok(BreakEven { workers, start, points: points.collect::<Result<_>>()? })
}

fn point(pool: &mut Pool, iterations: u64, rounds: usize) -> Result<Point> {
    let tasks = (IN_ALL / iterations).clamp(4, MOST_TASKS) as usize;
    let right = work::expected(iterations);
    let (mut task, mut many, mut call) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let begin = Instant::now();
        let sequence: Vec<u128> = (0..tasks).map(|_| count_up(iterations)).collect();
        let alone = begin.elapsed().as_nanos() as f64;
        let begin = Instant::now();
        let pooled = pool.map(&COUNT_UP, std::iter::repeat_n(iterations, tasks));
        let together = begin.elapsed().as_nanos() as f64;
        if pooled.into_iter().any(|sum| sum != Ok(right)) || sequence.into_iter().any(|sum| sum != right) {
            return Err(Error::failed(text!("합이 틀렸습니다.", "a sum is wrong.")));
        }
        let begin = Instant::now();
        pool.call(&COUNT_UP, &iterations).map_err(|failure| Error::failed(failure.text()))?;
        call.push(alone / tasks as f64 / begin.elapsed().as_nanos() as f64);
        task.push(alone / tasks as f64);
        many.push(alone / together);
    }
    Ok(Point { iterations, task: stats::median(&task).unwrap_or(f64::NAN), many, call })
}

impl BreakEven {
    /// The smallest work, in ns a task, from which on the pool was always faster; `None` if it never was.
    fn pays_from(&self) -> Option<f64> {
        let pays = |point: &&Point| stats::median(&point.many).is_some_and(|gain| gain > 1.0);
        let first = self.points.iter().rev().take_while(pays).last();
        first.map(|point| point.task)
    }

    pub fn text(&self) -> Text {
        let workers = self.workers;
        if machine::cores() < 2 {
            return text!(
                "코어가 하나뿐이라 프로세스의 손익분기점은 측정하지 않았습니다.",
                "There is only one core: the break-even point of processes was not measured."
            );
        }
        let start = unit::duration(self.start);
        match self.pays_from() {
            Some(ns) => {
                let work = unit::duration(ns);
                text!(
                    "작업을 여러 개 한꺼번에 맡기면 작업 하나가 {work}일 때부터 워커 {workers}개가 순차 실행보다 빨랐습니다. 풀을 띄우는 데는 {start}가 걸립니다.",
                    "With many tasks at once, the pool (workers: {workers}) was faster than the sequence from {work} of work per task on. Starting the pool takes {start}."
                )
            }
            None => text!(
                "이번 실행에서는 워커 {workers}개가 순차 실행보다 빨랐던 적이 없습니다.",
                "In this run the pool (workers: {workers}) was never faster than the sequence."
            ),
        }
    }

    pub fn table(&self) -> Table {
        let times = |samples: &[f64]| match stats::median(samples).unwrap_or(f64::NAN) {
            tiny if tiny < 0.01 => "< 0.01×".to_owned(),
            times => unit::value(times, Unit::Times),
        };
        let row = |point: &Point| {
            let cells = [unit::duration(point.task), times(&point.many), times(&point.call)];
            cells.map(Text::same).to_vec()
        };
        let workers = self.workers;
        Table {
            title: text!(
                "순차 실행 대비 워커 {workers}개의 속도: 1보다 크면 이득",
                "Speed of the pool compared with the sequence (workers: {workers}): above 1 it pays"
            ),
            head: vec![
                text!("작업 하나", "a task"),
                text!("여럿을 한꺼번에", "many at once"),
                text!("하나씩 맡기고 기다림", "one at a time"),
            ],
            rows: self.points.iter().map(row).collect(),
        }
    }

    pub fn measures(self) -> Vec<Measure> {
        let measure = |point: Point| {
            let (iterations, task) = (point.iterations, unit::duration(point.task));
            let many = text!("{task}짜리 작업 여럿: 속도 향상", "many tasks of {task}: speed-up");
            let call = text!("{task}짜리 작업 하나: 속도 향상", "one task of {task}: speed-up");
            [
                Measure::new(format!("even.{iterations}.many"), many, Unit::Times, point.many),
                Measure::new(format!("even.{iterations}.call"), call, Unit::Times, point.call),
            ]
        };
        let start = text!("풀을 띄우는 시간", "time to start the pool");
        let start = Measure::new("even.start", start, Unit::Ns, vec![self.start]);
        [start].into_iter().chain(self.points.into_iter().flat_map(measure)).collect()
    }
}
