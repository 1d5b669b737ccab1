//! One of five tasks fails. When does the caller learn of the failure, and what happens to the other four tasks?
//!
//! Article: asyncio, 코드 예시 (`gather`). Run: `cargo run -p asyncio -- gather`. Python twin: `python/gather.py`.

pub mod tasks;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::trace::Recorder;
use lab::trace::{State, Trace};
use lab::{Result, clock, text, twin_script};
use tokio::task::JoinSet;
use tokio::time;

use crate::event_loop::{event_loop, lane_name};
use tasks::{Ends, Outcome, Refused, TASKS, TaskRecord};

/// What the caller receives: the names of the finished tasks, or one error, or both if everything is collected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Tasks that finished.
    pub values: Vec<usize>,
    /// Tasks that failed.
    pub errors: Vec<Refused>,
}

fn answer(result: Result<Vec<usize>, Refused>) -> Answer {
    match result {
        Ok(values) => Answer { values, errors: Vec::new() },
        Err(error) => Answer { values: Vec::new(), errors: vec![error] },
    }
}

// ANCHOR: detached
/// The tasks are spawned, and only their handles are joined. The first error ends the join; the other tasks continue.
/// `asyncio.gather` does the same.
pub async fn detached(pause: Duration, records: [TaskRecord; TASKS]) -> Answer {
    let mut name = 0..;
    let [a, b, c, d, e] = records.map(|record| {
        let handle = tokio::spawn(tasks::task(name.next().expect("endless"), pause, record));
        async { handle.await.expect("a task that waits does not panic") }
    });
    answer(tokio::try_join!(a, b, c, d, e).map(|(a, b, c, d, e)| vec![a, b, c, d, e]))
}
// ANCHOR_END: detached

// ANCHOR: fail_fast
/// Not spawned: all five futures are part of this one task. The first error drops the others at their current await.
pub async fn fail_fast(pause: Duration, records: [TaskRecord; TASKS]) -> Answer {
    let mut name = 0..;
    let [a, b, c, d, e] = records.map(|record| tasks::task(name.next().expect("endless"), pause, record));
    answer(tokio::try_join!(a, b, c, d, e).map(|(a, b, c, d, e)| vec![a, b, c, d, e]))
}
// ANCHOR_END: fail_fast

// ANCHOR: collect_all
/// Waits for all tasks and collects values and errors, like `gather(return_exceptions=True)`.
pub async fn collect_all(pause: Duration, records: [TaskRecord; TASKS]) -> Answer {
    let tasks: JoinSet<_> = (0..).zip(records).map(|(name, record)| tasks::task(name, pause, record)).collect();
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
/// The set owns its tasks. On the first error it cancels the others and waits until they have ended, so that no task outlives this
/// function. `asyncio.TaskGroup` does the same.
pub async fn structured(pause: Duration, records: [TaskRecord; TASKS]) -> Answer {
    let mut tasks: JoinSet<_> = (0..).zip(records).map(|(name, record)| tasks::task(name, pause, record)).collect();
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

type Run = fn(Duration, [TaskRecord; TASKS]) -> Pin<Box<dyn Future<Output = Answer>>>;

/// A way to await the tasks: its id (the twin's too), its names in Rust and in Python, and its function.
#[derive(Clone, Copy, Debug)]
pub struct Technique {
    pub id: &'static str,
    rust: &'static str,
    python: &'static str,
    run: Run,
}

/// All techniques, in the order of the table.
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
    /// What the caller received.
    pub answer: Answer,
    /// Time until the caller received it, in ns.
    pub took: u64,
    /// How the tasks ended that ended before the answer.
    pub before: Vec<Outcome>,
    /// How the tasks ended that continued after the answer.
    pub after: Vec<Outcome>,
    /// Lanes of the loop's thread, the tasks and the caller, in this order.
    pub trace: Trace,
}

impl Technique {
    /// Runs the five tasks and waits until all have ended, also those that nobody awaits.
    pub fn observe(&self, pause: Duration) -> Result<Collected> {
        let (recorder, ends) = (Recorder::new(), Ends::default());
        let runtime = event_loop(None, recorder.lane(lane_name()))?;
        let records = TaskRecord::five(&recorder, &ends);
        let mut caller = recorder.lane(text!("호출자", "caller"));
        let start = clock::now();
        let (answer, answered) = runtime.block_on(async {
            caller.enter(State::WaitingForIo);
            let answer = (self.run)(pause, records).await;
            drop(caller);
            let answered = clock::now();
            // Tasks that still run end on their own after `pause` at the latest.
            while ends.lock().unwrap_or_else(PoisonError::into_inner).len() < TASKS {
                time::sleep(Duration::from_millis(5)).await;
            }
            (answer, answered)
        });
        drop(runtime); // its hooks hold the loop's lane, which must end before `finish`
        let all = std::mem::take(&mut *ends.lock().unwrap_or_else(PoisonError::into_inner));
        let outcomes =
            |after: bool| all.iter().filter(|end| (end.at > answered) == after).map(|end| end.outcome).collect();
        let trace = recorder.finish(Text::same(format!("Rust: {}", self.rust)));
        debug_assert_eq!(Arc::strong_count(&ends), 1, "all task records have been dropped");
        Ok(Collected { answer, took: answered - start, before: outcomes(false), after: outcomes(true), trace })
    }
}

/// The columns of the table: their ids and their heads.
fn columns() -> [(&'static str, Text); 5] {
    [
        ("answer", text!("답을 받기까지", "time to answer")),
        ("finished", text!("완료", "finished")),
        ("failed", text!("실패", "failed")),
        ("cancelled", text!("취소", "cancelled")),
        ("went_on", text!("답 뒤에도 실행", "still running")),
    ]
}

impl Collected {
    fn counts(&self) -> [f64; 5] {
        let of = |outcome| self.before.iter().filter(|&&one| one == outcome).count() as f64;
        let took = self.took as f64;
        [took, of(Outcome::Finished), of(Outcome::Failed), of(Outcome::Cancelled), self.after.len() as f64]
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
        options.seconds("seconds", 0.0..=60.0, 0.5, text!("태스크 하나가 기다리는 시간", "how long each task waits"));
    let about = text!("태스크 다섯 중 하나가 실패할 때", "one of five tasks fails");
    Experiment::new("gather", about, options, move |a| run(a.get(pause), a.pythons()))
}

/// Awaits the five tasks with every technique, here and on CPython. Tasks that do not fail take `pause`.
pub fn run(pause: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("asyncio/gather");
    for technique in &TECHNIQUES {
        let collected = technique.observe(pause)?;
        report.measures.extend(collected.measures(technique));
        report.traces.push(collected.trace);
    }
    report.tables.push(table(&report, &text!("Rust, tokio", "Rust, tokio"), "", |technique| technique.rust));
    let verdict = judge(&text!("Rust, spawn + try_join!", "Rust, spawn + try_join!"), &report);
    report.verdicts.push(verdict);
    let args = [pause.as_secs_f64().to_string()];
    python::join(&mut report, pythons, twin_script!("gather"), &args, &[CLAIM], |python, twin| {
        vec![judge(&Text::same(python.to_string()), twin)]
    });
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

/// The claim's id in the ledger.
const CLAIM: &str = "gather-leaves-others-running";

/// The verdict by how many tasks went on after the caller knew of the failure. The failure comes before the others can be done, unless
/// the wait is so short that they finish together.
pub fn judge(on: &Text, measured: &Report) -> Verdict {
    let of = |what: &str| measured.measure(&format!("detached.{what}")).map(Measure::median);
    let (Some(went_on), Some(finished), Some(cancelled)) = (of("went_on"), of("finished"), of("cancelled")) else {
        return Verdict::not_measured(CLAIM, on, text!("측정하지 않았습니다", "it was not measured"));
    };
    if went_on == 0.0 && finished > 0.0 {
        let why = text!(
            "기다리는 시간이 짧아 다른 태스크가 이미 끝났습니다. --seconds를 늘리십시오",
            "the wait is so short that the others had finished; increase --seconds"
        );
        return Verdict::not_measured(CLAIM, on, why);
    }
    let evidence = text!(
        "호출자가 실패를 안 뒤에도 실행된 태스크 {went_on}개, 취소된 태스크 {cancelled}개",
        "{went_on} tasks went on after the caller knew of the failure; {cancelled} were cancelled"
    );
    Verdict::seen(CLAIM, on, went_on > 0.0 && cancelled == 0.0, evidence)
}

/// A table of the measurements whose ids begin with `prefix`, one row per technique.
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
        title: text!("{ko}: 태스크 다섯 중 하나가 실패함", "{en}: one of five tasks fails"),
        head: [text!("기다리는 방법", "awaited with")].into_iter().chain(columns().map(|(_, head)| head)).collect(),
        rows: TECHNIQUES.iter().filter_map(row).collect(),
    }
}

fn note(pause: Duration) -> Text {
    let (each, early) = (unit::duration(pause.as_nanos() as f64), unit::duration(pause.as_nanos() as f64 / 5.0));
    text!(
        "태스크 4개는 {each} 동안 기다린 뒤 값을 반환하고, 하나는 {early} 뒤에 실패합니다. 완료, 실패, 취소는 호출자가 답을 받을 때까지의 수입니다. 취소된 태스크의 레인은 취소된 시점에 끝납니다.",
        "Four tasks wait for {each} and return a value; one fails after {early}. Finished, failed and cancelled tasks are counted until the caller has its answer. The lane of a cancelled task ends when it is cancelled."
    )
}

fn shows(report: &Report) -> Text {
    let of = |id: &str| report.measure(id).map_or(f64::NAN, Measure::median);
    let (went_on, fast) = (of("detached.went_on"), unit::duration(of("detached.answer")));
    let (dropped, aborted) = (of("fail_fast.cancelled"), of("structured.cancelled"));
    let (all, kept) = (unit::duration(of("collect_all.answer")), of("collect_all.finished"));
    text!(
        "호출자는 {fast} 만에 실패를 알았습니다. 그때 spawn한 태스크는 {went_on}개가 계속 실행되고 있었고, try_join!은 {dropped}개를, JoinSet은 {aborted}개를 취소했습니다. 결과를 모두 모으면 {all} 걸리지만 값 {kept}개를 얻습니다.",
        "The caller learned of the failure after {fast}. At that time {went_on} spawned tasks were still running; try_join! had cancelled {dropped} and the JoinSet {aborted}. Collecting all results takes {all} and keeps {kept} values."
    )
}
