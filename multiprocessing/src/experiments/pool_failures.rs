//! A worker is killed while it is idle or while it works: how this pool and CPython's pools react.
//!
//! `multiprocessing.Pool` hangs forever if the idle worker that dies held the lock of the shared queue; in this pool no two processes
//! share a lock. Every wait has a time limit, so a hang is a result too.
//!
//! Article: 멀티프로세싱, 특징. Run: `cargo run -p multiprocessing -- pool-failures`. Python twin: `python/pool_failures.py`.

use std::thread;
use std::time::Duration;

use lab::Result;
use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::{Measure, Report, Table, Unit};
use lab::{text, twin_script};

use crate::kill::kill_9;
use crate::pool_errors;
use process_pool::{Failure, Pool, task};

pub fn command() -> Experiment {
    let mut options = Options::new();
    let trials =
        options.size("trials", 1..=50, 6, text!("쉬는 워커를 죽이는 횟수", "how often an idle worker is killed"));
    let timeout = options.timeout(0.5..=10.0, 2.0);
    Experiment::new(
        "pool-failures",
        text!("워커가 죽을 때 CPython 풀의 동작", "what CPython's pools do when a worker is killed"),
        options,
        move |a| run(a.get(trials), a.get(timeout), a.pythons()),
    )
}

/// Tasks given to the pool after the idle worker was killed, or before the busy one is.
const TASKS: u64 = 8;

task! {
    pub static SQUARE: fn(u64) -> u64 = |n| n * n;
    /// Long enough to be killed in the middle.
    pub static SLOW: fn(u64) -> u64 = |n| {
        thread::sleep(Duration::from_millis(100));
        n * n
    };
}

const MOMENTS: [&str; 2] = ["idle", "busy"];

/// Kills workers of our pool and of CPython's.
pub fn run(trials: usize, limit: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("multiprocessing/pool-failures");
    let idle = (0..trials).map(|_| killed_while_idle(limit)).collect::<Result<Vec<_>>>()?;
    // Whether an idle worker holds the lock is chance; the death of a busy one always has the same effect. Fewer trials are enough.
    let half = trials.div_ceil(2);
    let busy = (0..half).map(|_| killed_while_busy(limit)).collect::<Result<Vec<_>>>()?;
    report.measures =
        MOMENTS.into_iter().zip([idle, busy]).flat_map(|(moment, counts)| measures(moment, &counts)).collect();
    let verdict = judge(&text!("Rust, 풀", "Rust, the pool"), "ours", &report);
    report.verdicts.push(verdict);
    let args = [trials.to_string(), half.to_string(), limit.as_secs_f64().to_string()];
    python::join(&mut report, pythons, twin_script!("pool_failures"), &args, &[NOTICED], |python, twin| {
        let pools = [("pool", "multiprocessing.Pool"), ("executor", "ProcessPoolExecutor")];
        pools.map(|(who, name)| judge(&Text::same(format!("{python} {name}")), who, twin)).into()
    });
    report.tables.push(table(&report, pythons));
    report.measures_in_tables = true;
    let s = limit.as_secs_f64();
    report.notes.push(text!(
        "쉬는 워커를 죽이는 시도 {trials}번, 작업 중인 워커를 죽이는 시도 {half}번. {s}초 안에 도착하지 않은 결과는 끝내 도착하지 않은 것으로 셉니다.",
        "Trials that killed an idle worker: {trials}; a busy one: {half}. A result that does not come within {s} s counts as one that never comes."
    ));
    report.shows = shows(&report, pythons);
    Ok(report)
}

/// The numbers of results that came, that failed, and that never came.
type Counts = [usize; 3];
const COUNT_IDS: [&str; 3] = ["came", "failed", "never"];

fn killed_while_idle(limit: Duration) -> Result<Counts> {
    let pool = Pool::builder().workers(2).timeout(limit).build().map_err(pool_errors::failed)?;
    pool.map(&SQUARE, 0..10);
    pool.workers().first().copied().map(kill_9);
    Ok(count(pool.map(&SQUARE, 0..TASKS)))
}

fn killed_while_busy(limit: Duration) -> Result<Counts> {
    let pool = Pool::builder().workers(2).timeout(limit).build().map_err(pool_errors::failed)?;
    pool.map(&SQUARE, 0..10);
    let victim = pool.workers().first().copied();
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(50));
            victim.map(kill_9)
        });
        Ok(count(pool.map(&SLOW, 0..TASKS)))
    })
}

fn count(results: Vec<std::result::Result<u64, Failure>>) -> Counts {
    let mut counts = [0; 3];
    for (n, result) in (0..).zip(results) {
        counts[match result {
            Ok(square) if square == n * n => 0,
            Err(Failure::TimedOut { .. }) => 2,
            _ => 1,
        }] += 1;
    }
    counts
}

fn measures(moment: &str, counts: &[Counts]) -> Vec<Measure> {
    let words = [
        text!("도착한 결과", "results that came"),
        text!("실패한 작업", "tasks that failed"),
        text!("끝내 도착하지 않은 결과", "results that never came"),
    ];
    let when = moment_text(moment);
    let measure = |(n, what): (usize, Text)| {
        let name =
            Text { ko: format!("풀, {}: {}", when.ko, what.ko), en: format!("the pool, {}: {}", when.en, what.en) };
        let samples = counts.iter().map(|counts| counts[n] as f64).collect();
        Measure::new(format!("ours.{moment}.{}", COUNT_IDS[n]), name, Unit::Count, samples)
    };
    words.into_iter().enumerate().map(measure).collect()
}

fn moment_text(moment: &str) -> Text {
    match moment {
        "idle" => text!("쉬는 워커 kill -9", "idle worker killed"),
        _ => text!("작업 중인 워커 kill -9", "busy worker killed"),
    }
}

/// The claim's id in the ledger.
pub const NOTICED: &str = "worker-death-is-noticed";

/// The verdict by the results that never came. Whether an idle worker's death does harm is chance, so that not to see it is no proof;
/// the claim is that some pools notice it.
fn judge(on: &Text, who: &str, measured: &Report) -> Verdict {
    let never = |moment: &str| measured.measure(&format!("{who}.{moment}.never"));
    let all: Vec<&Measure> = MOMENTS.into_iter().filter_map(never).collect();
    if all.is_empty() {
        return Verdict::not_measured(NOTICED, on, text!("측정값이 없습니다", "no measurement"));
    }
    let missing: f64 = all.iter().flat_map(|measure| &measure.samples).sum();
    let trials: usize = all.iter().map(|measure| measure.samples.len()).sum();
    let evidence = text!(
        "워커를 죽인 시도 {trials}번, 끝내 도착하지 않은 결과 {missing}개",
        "{trials} trials with a killed worker; {missing} results never came"
    );
    Verdict::seen(NOTICED, on, missing == 0.0, evidence)
}

/// A row for each pool, a column for each moment.
fn table(report: &Report, pythons: &[Interpreter]) -> Table {
    let mut rows = vec![row(report, text!("이 풀", "this pool"), "ours")];
    for python in pythons {
        let prefix = python.measure_id("");
        for (kind, name) in [("pool", "multiprocessing.Pool"), ("executor", "ProcessPoolExecutor")] {
            rows.push(row(report, Text::same(format!("{python} {name}")), &format!("{prefix}{kind}")));
        }
    }
    Table {
        title: text!("워커가 죽은 뒤, 작업 {TASKS}개의 결과", "The results of {TASKS} tasks after a worker's death"),
        head: vec![text!("풀", "pool"), moment_text("idle"), moment_text("busy")],
        rows: rows.into_iter().flatten().collect(),
    }
}

fn row(report: &Report, name: Text, who: &str) -> Option<Vec<Text>> {
    let cell = |moment: &str| {
        let of = |what: &str| report.measure(&format!("{who}.{moment}.{what}")).map(|m| &m.samples);
        let (came, failed, never) = (of("came")?, of("failed")?, of("never")?);
        let trials = came.len();
        let hung = never.iter().filter(|n| **n > 0.0).count();
        let whole = came.iter().filter(|n| **n == TASKS as f64).count();
        let (failed, never) = (failed.iter().sum::<f64>(), never.iter().sum::<f64>());
        Some(text!(
            "{trials}번 가운데 모두 도착 {whole}, 멈춤 {hung}; 실패 {failed:.0}개, 도착하지 않음 {never:.0}개",
            "of {trials}: all came {whole}, hung {hung}; {failed:.0} failed, {never:.0} never came"
        ))
    };
    Some(vec![name, cell("idle")?, cell("busy")?])
}

fn shows(report: &Report, pythons: &[Interpreter]) -> Text {
    let sum = |id: String| report.measure(&id).map(|m| m.samples.iter().sum::<f64>());
    let ours: f64 = MOMENTS.iter().filter_map(|moment| sum(format!("ours.{moment}.never"))).sum();
    let mut shows = text!(
        "이 풀에서 끝내 도착하지 않은 결과는 {ours:.0}개입니다.",
        "Results that never came on this pool: {ours:.0}."
    );
    for python in pythons {
        let prefix = python.measure_id("");
        let trials = report.measure(&format!("{prefix}pool.idle.never"));
        let busy = report.measure(&format!("{prefix}pool.busy.never")).map(|m| m.samples.len());
        let Some(((trials, lost), busy)) = trials.zip(sum(format!("{prefix}pool.busy.never"))).zip(busy) else {
            continue;
        };
        let (hung, all) = (trials.samples.iter().filter(|n| **n > 0.0).count(), trials.samples.len());
        let more = text!(
            " {python}의 Pool은 쉬는 워커를 죽인 시도 {all}번 가운데 {hung}번 영원히 멈췄고, 작업 중인 워커를 {busy}번 죽이는 동안 결과 {lost:.0}개가 유실되었습니다.",
            " {python}'s Pool hung in {hung} of {all} trials that killed an idle worker. Results lost when busy workers were killed (times: {busy}): {lost:.0}."
        );
        shows = Text { ko: shows.ko + &more.ko, en: shows.en + &more.en };
    }
    shows
}
