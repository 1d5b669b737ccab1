//! One of five tasks fails. When does the caller learn of it, and what happens to the other four?
//!
//! Article: asyncio, 코드 예시 (`gather`). Run: `cargo run -p asyncio -- gather`. Python twin: `python/gather.py`.

pub mod tasks;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::trace::Recorder;
use lab::trace::{State, Trace};
use lab::{Result, clock, text, twin_script};
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time;

use crate::programs::cannot_start;
use tasks::{Diary, Ends, Fate, Refused, TASKS};

/// What the caller gets: the names of those that finished, or one error, or both where all are collected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Those that finished.
    pub values: Vec<usize>,
    /// Those that failed.
    pub errors: Vec<Refused>,
}

fn answer(result: Result<Vec<usize>, Refused>) -> Answer {
    match result {
        Ok(values) => Answer { values, errors: Vec::new() },
        Err(error) => Answer { values: Vec::new(), errors: vec![error] },
    }
}

// ANCHOR: detached
/// Spawned, and only the handles are joined. The first error ends the join; the other tasks go on.
/// This is what `asyncio.gather` does.
pub async fn detached(pause: Duration, diaries: [Diary; TASKS]) -> Answer {
    let mut name = 0..;
    let [a, b, c, d, e] = diaries.map(|diary| {
        let handle = tokio::spawn(tasks::task(name.next().expect("endless"), pause, diary));
        async { handle.await.expect("a task that waits does not panic") }
    });
    answer(tokio::try_join!(a, b, c, d, e).map(|(a, b, c, d, e)| vec![a, b, c, d, e]))
}
// ANCHOR_END: detached

// ANCHOR: fail_fast
/// Not spawned: the five are parts of this one task. The first error drops the others where they are, between two awaits.
pub async fn fail_fast(pause: Duration, diaries: [Diary; TASKS]) -> Answer {
    let mut name = 0..;
    let [a, b, c, d, e] = diaries.map(|diary| tasks::task(name.next().expect("endless"), pause, diary));
    answer(tokio::try_join!(a, b, c, d, e).map(|(a, b, c, d, e)| vec![a, b, c, d, e]))
}
// ANCHOR_END: fail_fast

// ANCHOR: collect_all
/// Waits for every one, and keeps the values beside the errors: `gather(return_exceptions=True)`.
pub async fn collect_all(pause: Duration, diaries: [Diary; TASKS]) -> Answer {
    let tasks: JoinSet<_> = (0..).zip(diaries).map(|(name, diary)| tasks::task(name, pause, diary)).collect();
    let mut answer = Answer::default();
    for result in tasks.join_all().await {
        match result {
            Ok(name) => answer.values.push(name),
            Err(error) => answer.errors.push(error),
        }
    }
    answer
}
// ANCHOR_END: collect_all

// ANCHOR: structured
/// The set owns its tasks. The first error cancels the others and waits until they are gone, so that none outlives this function:
/// `asyncio.TaskGroup`.
pub async fn structured(pause: Duration, diaries: [Diary; TASKS]) -> Answer {
    let mut tasks: JoinSet<_> = (0..).zip(diaries).map(|(name, diary)| tasks::task(name, pause, diary)).collect();
    let mut values = Vec::new();
    while let Some(result) = tasks.join_next().await {
        match result.expect("a task that waits does not panic") {
            Ok(name) => values.push(name),
            Err(error) => {
                tasks.shutdown().await;
                return answer(Err(error));
            }
        }
    }
    answer(Ok(values))
}
// ANCHOR_END: structured

type Run = fn(Duration, [Diary; TASKS]) -> Pin<Box<dyn Future<Output = Answer>>>;

/// A technique: its id (the twin's too), its name in Rust and in Python, its function.
#[derive(Clone, Copy, Debug)]
pub struct Technique {
    pub id: &'static str,
    rust: &'static str,
    python: &'static str,
    run: Run,
}

/// All ways, in the order of the table.
pub const TECHNIQUES: [Technique; 4] = [
    Technique { id: "detached", rust: "spawn + try_join!", python: "gather", run: |p, d| Box::pin(detached(p, d)) },
    Technique { id: "fail_fast", rust: "try_join!", python: "", run: |p, d| Box::pin(fail_fast(p, d)) },
    Technique {
        id: "collect_all",
        rust: "JoinSet::join_all",
        python: "gather(return_exceptions=True)",
        run: |p, d| Box::pin(collect_all(p, d)),
    },
    Technique {
        id: "structured",
        rust: "JoinSet + shutdown",
        python: "TaskGroup",
        run: |p, d| Box::pin(structured(p, d)),
    },
];

/// The result of one technique.
#[derive(Clone, Debug)]
pub struct Collected {
    /// What the caller got.
    pub answer: Answer,
    /// How long that took, in ns.
    pub took: u64,
    /// How the tasks ended that had ended by then.
    pub before: Vec<Fate>,
    /// How the tasks ended that went on after it.
    pub after: Vec<Fate>,
    /// The tasks, and the caller as the last lane.
    pub trace: Trace,
}

impl Technique {
    /// Runs the five and waits until the last of them has ended, even those that nobody awaits.
    pub fn observe(&self, pause: Duration) -> Result<Collected> {
        let runtime = Builder::new_current_thread().enable_time().build().map_err(cannot_start)?;
        let (recorder, ends) = (Recorder::new(), Ends::default());
        let diaries = Diary::five(&recorder, &ends);
        let mut caller = recorder.lane(text!("부른 쪽", "the caller"));
        let start = clock::now();
        let (answer, answered) = runtime.block_on(async {
            caller.enter(State::WaitingForIo);
            let answer = (self.run)(pause, diaries).await;
            drop(caller);
            let answered = clock::now();
            // Whoever is still at work ends by itself after `pause` at the latest.
            while ends.lock().unwrap_or_else(PoisonError::into_inner).len() < TASKS {
                time::sleep(Duration::from_millis(5)).await;
            }
            (answer, answered)
        });
        let all = std::mem::take(&mut *ends.lock().unwrap_or_else(PoisonError::into_inner));
        let fates = |after: bool| all.iter().filter(|end| (end.at > answered) == after).map(|end| end.fate).collect();
        let trace = recorder.finish(Text::same(format!("Rust: {}", self.rust)));
        debug_assert_eq!(Arc::strong_count(&ends), 1, "no diary is left");
        Ok(Collected { answer, took: answered - start, before: fates(false), after: fates(true), trace })
    }
}

/// The counts of the table: their ids, and the heads of their columns.
fn columns() -> [(&'static str, Text); 5] {
    [
        ("answer", text!("답까지", "answer after")),
        ("finished", text!("끝냄", "finished")),
        ("failed", text!("실패", "failed")),
        ("cancelled", text!("취소됨", "cancelled")),
        ("went_on", text!("답 뒤에도 돎", "went on after it")),
    ]
}

impl Collected {
    fn counts(&self) -> [f64; 5] {
        let of = |fate| self.before.iter().filter(|&&one| one == fate).count() as f64;
        let took = self.took as f64;
        [took, of(Fate::Finished), of(Fate::Failed), of(Fate::Cancelled), self.after.len() as f64]
    }

    fn measures(&self, technique: &Technique) -> Vec<Measure> {
        let (id, rust) = (technique.id, technique.rust);
        let measure = |((column, name), value): ((&str, Text), f64)| {
            let (ko, en) = (name.ko, name.en);
            let unit = if column == "answer" { Unit::Ns } else { Unit::Count };
            Measure::new(format!("{id}.{column}"), text!("{rust}: {ko}", "{rust}: {en}"), unit, vec![value])
        };
        columns().into_iter().zip(self.counts()).map(measure).collect()
    }
}

/// `cargo run -p asyncio -- gather`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let pause =
        options.seconds("seconds", 0.0..=60.0, 0.5, text!("한 태스크가 기다리는 시간", "how long a task waits"));
    let about = text!("다섯 가운데 하나가 실패할 때", "one of five fails");
    Experiment::new("gather", about, options, move |a| run(a.get(pause), a.pythons()))
}

/// Awaits the five in every technique, here and on CPython. Those that do not fail take `pause`.
pub fn run(pause: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("asyncio/gather");
    for technique in &TECHNIQUES {
        let observe = technique.observe(pause)?;
        report.measures.extend(observe.measures(technique));
        report.traces.push(observe.trace);
    }
    report.tables.push(table(&report, &text!("Rust, tokio", "Rust, tokio"), "", |technique| technique.rust));
    let args = [pause.as_secs_f64().to_string()];
    python::join(&mut report, pythons, twin_script!("gather"), &args, &[], |_, _| Vec::new());
    for python in pythons {
        let prefix = python.measure_id("");
        let table = table(&report, &Text::same(python.to_string()), &prefix, |technique| technique.python);
        report.tables.extend((!table.rows.is_empty()).then_some(table));
    }
    report.measures_in_tables = true;
    report.notes.push(note(pause));
    report.shows = shows(&report);
    Ok(report)
}

/// What was measured under ids that begin with `prefix`, a row a technique.
fn table(report: &Report, on: &Text, prefix: &str, name: impl Fn(&Technique) -> &'static str) -> Table {
    let row = |technique: &Technique| -> Option<Vec<Text>> {
        let cells: Option<Vec<Text>> = columns()
            .iter()
            .map(|(column, _)| report.measure(&format!("{prefix}{}.{column}", technique.id)))
            .map(|measure| measure.map(|m| Text::same(unit::value(m.median(), m.unit))))
            .collect();
        Some([Text::same(name(technique))].into_iter().chain(cells?).collect())
    };
    let (ko, en) = (&on.ko, &on.en);
    Table {
        title: text!("{ko}: 태스크 다섯 가운데 하나가 실패함", "{en}: one of five tasks fails"),
        head: [text!("기다린 방법", "awaited by")].into_iter().chain(columns().map(|(_, head)| head)).collect(),
        rows: TECHNIQUES.iter().filter_map(row).collect(),
    }
}

fn note(pause: Duration) -> Text {
    let (each, early) = (unit::duration(pause.as_nanos() as f64), unit::duration(pause.as_nanos() as f64 / 5.0));
    text!(
        "네 태스크는 {each} 동안 기다려 값을 내고, 하나는 {early} 뒤에 실패합니다. 끝냄, 실패, 취소됨은 부른 쪽이 답을 받기까지의 수입니다. 취소된 태스크의 레인은 그 자리에서 끊깁니다.",
        "Four tasks wait {each} and return a value, one fails after {early}. Finished, failed and cancelled are counted up to the caller's answer. The lane of a cancelled task breaks off there."
    )
}

fn shows(report: &Report) -> Text {
    let of = |id: &str| report.measure(id).map_or(f64::NAN, Measure::median);
    let (went_on, fast) = (of("detached.went_on"), unit::duration(of("detached.answer")));
    let (dropped, aborted) = (of("fail_fast.cancelled"), of("structured.cancelled"));
    let (all, kept) = (unit::duration(of("collect_all.answer")), of("collect_all.finished"));
    text!(
        "실패를 {fast} 만에 알았을 때, spawn한 것은 {went_on}개가 계속 돌고 있었고 try_join!은 {dropped}개를, JoinSet은 {aborted}개를 취소했습니다. 모두 모으면 {all} 걸리는 대신 값 {kept}개가 남습니다.",
        "When the caller heard of the failure after {fast}, {went_on} spawned tasks ran on; try_join! had cancelled {dropped}, the JoinSet {aborted}. Collecting all takes {all}, and {kept} values are kept."
    )
}
