//! The break-even point: how much work a task must have before a pool is faster than a sequence.
//!
//! A single task must take longer than its round trip. Many tasks are sent in batches, so far smaller ones pay.

use std::hint::black_box;
use std::time::Instant;

use lab::cores_used::{PARALLEL, too_busy};
use lab::lang::Text;
use lab::machine::Watch;
use lab::report::unit;
use lab::report::{Measure, Table, Unit};
use lab::{Error, Result, machine, stats, text};

use crate::pool_errors::{self, Bilingual};
use crate::work;
use process_pool::{Pool, task};

/// Iterations in a task.
const WORK: [u64; 8] = [10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];
/// Iterations of all tasks of one measurement: small tasks are many, large ones few.
const IN_ALL: u64 = 100_000_000;
const MOST_TASKS: u64 = 100_000;
/// Pairs of a task in this process and a call to the pool in a round, at the least and at the most.
const PAIRS: (u64, u64) = (2, 50);

task! {
    /// The counting loop, without a look at the clock: it would cost more than the smallest tasks.
    pub static COUNT_UP: fn(u64) -> u128 = count_up;
}

/// Never inlined: sequence and worker run the same machine code, or the compiler would be compared and not the technique.
#[inline(never)]
fn count_up(iterations: u64) -> u128 {
    work::add_up(0..iterations)
}

/// The times of one size of task, in ns; one sample a round.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// All tasks in this process, one after another.
    pub sequence: Vec<f64>,
    /// The same tasks on the pool, all at once.
    pub pool: Vec<f64>,
    /// The quickest single task in this process.
    pub task: Vec<f64>,
    /// The quickest call to the pool with one task.
    pub call: Vec<f64>,
}

/// One size of task.
#[derive(Clone, Debug)]
pub struct Point {
    pub iterations: u64,
    pub times: Times,
}

/// The measured points, from the smallest work to the largest.
#[derive(Clone, Debug)]
pub struct BreakEven {
    pub workers: usize,
    /// Until the pool is up, in ns.
    pub start: f64,
    pub points: Vec<Point>,
    /// Which share of the machine others used meanwhile.
    pub foreign: Option<f64>,
}

/// From where on processes pay.
#[derive(Clone, Debug, PartialEq)]
pub enum Pays {
    /// From so much work in a task, in ns, up to the largest that was tried; and how much faster they were with that.
    From { task: f64, gain: f64 },
    /// Not with the largest that was tried, although the cores were free.
    NotSeen { gain: f64 },
    /// This machine could not show it.
    NotMeasured(Text),
}

/// Measures sequence and pool in turn.
pub fn measure(workers: usize, rounds: usize) -> Result<BreakEven> {
    let watch = Watch::start();
    let begin = Instant::now();
    let pool = Pool::builder().workers(workers).build().map_err(pool_errors::failed)?;
    pool.map(&COUNT_UP, vec![1; workers]);
    let start = begin.elapsed().as_nanos() as f64;
    let points = WORK.iter().map(|iterations| point(&pool, *iterations, rounds));
    let points = points.collect::<Result<_>>()?;
    // The workers' time counts as ours once they have ended.
    drop(pool);
    Ok(BreakEven { workers, start, points, foreign: watch.foreign() })
}

fn point(pool: &Pool, iterations: u64, rounds: usize) -> Result<Point> {
    let tasks = (IN_ALL / iterations).clamp(4, MOST_TASKS) as usize;
    let pairs = (IN_ALL / 10 / iterations).clamp(PAIRS.0, PAIRS.1);
    let right = work::expected(iterations);
    let mut times = Times::default();
    for _ in 0..rounds {
        let (sequence, alone) = timed(|| (0..tasks).map(|_| count_up(iterations)).collect::<Vec<u128>>());
        let (pooled, together) = timed(|| pool.map(&COUNT_UP, std::iter::repeat_n(iterations, tasks)));
        if pooled.into_iter().any(|sum| sum != Ok(right)) || sequence.into_iter().any(|sum| sum != right) {
            return Err(Error::failed(text!("합이 틀렸습니다.", "a sum is wrong.")));
        }
        let (mut task, mut call) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..pairs {
            task = task.min(timed(|| count_up(black_box(iterations))).1);
            let (sum, took) = timed(|| pool.call(&COUNT_UP, &iterations));
            sum.map_err(|failure| Error::failed(failure.text()))?;
            call = call.min(took);
        }
        times.sequence.push(alone);
        times.pool.push(together);
        times.task.push(task.min(alone / tasks as f64));
        times.call.push(call);
    }
    Ok(Point { iterations, times })
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begin = Instant::now();
    let done = black_box(work());
    (done, begin.elapsed().as_nanos() as f64)
}

/// The quickest of several: what disturbs a measurement only makes it longer.
fn least(samples: &[f64]) -> f64 {
    stats::range(samples).map_or(f64::NAN, |(least, _)| least)
}

impl Times {
    /// How much faster the pool was than the sequence, all tasks at once.
    fn many(&self) -> f64 {
        least(&self.sequence) / least(&self.pool)
    }

    /// The same with one task at a time. The pool does the same work and sends it there and back, so this is less than 1.
    fn one(&self) -> f64 {
        least(&self.task) / least(&self.call)
    }
}

impl BreakEven {
    /// The smallest work from which on the pool was always faster, if with the largest it was really parallel.
    pub fn pays(&self, cores: usize) -> Pays {
        let gain = self.points.last().map_or(f64::NAN, |point| point.times.many());
        if cores.min(self.workers) < 2 {
            return Pays::NotMeasured(text!(
                "워커와 코어가 둘 이상이어야 합니다",
                "it takes two workers and two cores"
            ));
        }
        if gain > PARALLEL {
            let first = self.points.iter().rev().take_while(|point| point.times.many() > 1.0).last();
            return Pays::From { task: first.map_or(f64::NAN, |point| least(&point.times.task)), gain };
        }
        if self.foreign.is_none() {
            return Pays::NotMeasured(text!(
                "컴퓨터가 얼마나 바빴는지 알 수 없습니다",
                "how busy the machine was is not known"
            ));
        }
        too_busy(self.foreign).map_or(Pays::NotSeen { gain }, Pays::NotMeasured)
    }

    pub fn text(&self) -> Text {
        let workers = self.workers;
        let start = unit::duration(self.start);
        match self.pays(machine::cores()) {
            Pays::From { task, gain } => {
                let (work, gain) = (unit::duration(task), unit::value(gain, Unit::Times));
                text!(
                    "작업을 여러 개 한꺼번에 맡기면 작업 하나가 {work}일 때부터 워커 {workers}개가 순차 실행보다 빨랐고, 가장 큰 작업에서는 {gain}였습니다. 풀을 띄우는 데는 {start}가 걸립니다.",
                    "With many tasks at once, the pool (workers: {workers}) was faster than the sequence from {work} of work per task on, with the largest {gain}. Starting the pool takes {start}."
                )
            }
            Pays::NotSeen { gain } => {
                let gain = unit::value(gain, Unit::Times);
                text!(
                    "가장 큰 작업에서도 워커 {workers}개의 속도가 순차 실행의 {gain}에 그쳤습니다. 이 컴퓨터의 코어들이 물리 코어 하나를 나누어 쓰는지 확인하십시오.",
                    "Even with the largest tasks the pool (workers: {workers}) came to {gain} of the sequence: see whether the cores of this machine share one physical core."
                )
            }
            Pays::NotMeasured(why) => {
                let (ko, en) = (why.ko, why.en);
                text!(
                    "프로세스의 손익분기점은 측정하지 않았습니다: {ko}.",
                    "The break-even point of processes was not measured: {en}."
                )
            }
        }
    }

    pub fn table(&self) -> Table {
        let times = |times: f64| match times {
            tiny if tiny < 0.01 => "< 0.01×".to_owned(),
            times => unit::value(times, Unit::Times),
        };
        let row = |Point { times: all, .. }: &Point| {
            let cells = [unit::duration(least(&all.task)), times(all.many()), times(all.one())];
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
        let ratios = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a / b).collect();
        let measure = |Point { iterations, times }: Point| {
            let task = unit::duration(least(&times.task));
            let many = text!("{task}짜리 작업 여럿: 속도 향상", "many tasks of {task}: speed-up");
            let call = text!("{task}짜리 작업 하나: 속도 향상", "one task of {task}: speed-up");
            let (all, one) = (ratios(&times.sequence, &times.pool), ratios(&times.task, &times.call));
            [
                Measure::new(format!("even.{iterations}.many"), many, Unit::Times, all),
                Measure::new(format!("even.{iterations}.call"), call, Unit::Times, one),
            ]
        };
        let start = text!("풀을 띄우는 시간", "time to start the pool");
        let start = Measure::new("even.start", start, Unit::Ns, vec![self.start]);
        [start].into_iter().chain(self.points.into_iter().flat_map(measure)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points of these gains; the work of the nth task takes n ns.
    fn even(gains: &[f64], foreign: Option<f64>) -> BreakEven {
        let point = |(n, gain): (usize, &f64)| {
            // A round that others disturbed comes with it: the quickest one counts.
            let times = Times {
                sequence: vec![gain * 100.0, gain * 900.0],
                pool: vec![700.0, 100.0],
                task: vec![n as f64],
                call: vec![n as f64 + 50.0],
            };
            Point { iterations: n as u64, times }
        };
        BreakEven { workers: 2, start: 1.0, points: gains.iter().enumerate().map(point).collect(), foreign }
    }

    #[test]
    fn processes_pay_from_where_on_all_larger_work_was_faster() {
        let gains = [0.1, 1.1, 0.9, 1.05, 1.9];
        for foreign in [None, Some(0.0), Some(0.9)] {
            let pays = even(&gains, foreign).pays(2);
            assert_eq!(pays, Pays::From { task: 3.0, gain: 1.9 }, "whoever saw it, saw it: {foreign:?}");
        }
        assert!(matches!(even(&gains, None).pays(1), Pays::NotMeasured(_)), "one core");
    }

    /// The known-wrong program said here that processes never pay, or from the last point on for a gain of 2 %.
    #[test]
    fn a_busy_machine_is_no_answer() {
        for gain in [0.88, 1.02] {
            for foreign in [None, Some(0.6)] {
                let even = even(&[0.1, 0.9, gain], foreign);
                assert!(matches!(even.pays(2), Pays::NotMeasured(_)), "{gain} {foreign:?}");
                assert!(even.text().en.contains("not measured"));
            }
            assert_eq!(even(&[0.1, gain], Some(0.05)).pays(2), Pays::NotSeen { gain });
        }
    }

    #[test]
    fn one_task_at_a_time_is_compared_quickest_with_quickest() {
        let disturbed = Times { task: vec![90.0, 10.0], call: vec![12.0, 80.0], ..Times::default() };
        // By the medians, 50 against 46, the call would be the quicker one.
        assert!(disturbed.one() < 1.0, "{}", disturbed.one());
    }
}
