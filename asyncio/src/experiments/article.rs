//! Runs the article's listing and draws its timeline from the lines that it printed.

use std::time::Duration;

use lab::claims::{Outcome, Verdict};
use lab::cli::{Choice, Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Front, Report};
use lab::trace::{State, Trace};
use lab::{Result, say, text, twin_script};

use crate::overlap::{self, CLAIM, ThreadModel};
use crate::{article, article_async_std, article_smol, event_loop, notes, programs, questions};

/// The runtime of the listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    Tokio,
    AsyncStd,
    Smol,
}

impl Choice for Runtime {
    const WORDS: &'static [(&'static str, Runtime)] =
        &[("tokio", Runtime::Tokio), ("async-std", Runtime::AsyncStd), ("smol", Runtime::Smol)];
}

impl Runtime {
    fn listing(self) -> (&'static str, ThreadModel, fn(Duration)) {
        match self {
            Runtime::Tokio => ("Rust, tokio current_thread", ThreadModel::OneThread, article::listing),
            Runtime::AsyncStd => ("Rust, async-std", ThreadModel::Pool, article_async_std::listing),
            Runtime::Smol => ("Rust, smol LocalExecutor", ThreadModel::OneThread, article_smol::listing),
        }
    }
}

/// `cargo run -p asyncio`, and `-- article`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let pause =
        options.seconds("seconds", 0.0..=60.0, 2.0, text!("태스크 하나가 기다리는 시간", "how long each task waits"));
    let runtime =
        options.choice("runtime", Runtime::Tokio, text!("예시를 실행할 런타임", "the runtime for the listing"));
    let about = text!("글의 예시: 기다리는 태스크 다섯", "the article's listing: five tasks that wait");
    Experiment::new("article", about, options, move |a| run(a.get(runtime), a.get(pause), a.pythons()))
        .asks(move |a| questions::all(a.get(pause)))
}

/// Runs the listing here and on CPython, and gives the verdict on whether its tasks waited together.
pub fn run(runtime: Runtime, pause: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("asyncio/article");
    let (name, model, listing) = runtime.listing();
    if runtime != Runtime::Tokio {
        programs::check_threads_available()?;
    }
    listing(pause);
    let lines = say::take();
    report.lines = say::words(&lines);
    let mut trace = Trace::new(Text::same(name), say::lanes(&lines, State::WaitingForIo));
    report.verdicts.extend([overlap::judge(name, &trace, model, None), starts_first(name, &trace, model)]);
    let (peak, all) = (trace.peak_in_flight(&[State::WaitingForIo]), unit::duration(trace.duration() as f64));
    let thread = event_loop::from_lines(&lines).filter(|_| model == ThreadModel::OneThread);
    report.notes.extend(thread.as_ref().map(|_| event_loop::how_from_lines()));
    // First: the thread that runs the tasks under it.
    trace.lanes.splice(0..0, thread);
    report.traces.push(trace);
    // CPython's drawing has the same shape; one of them shows all of its lanes on the first screen.
    report.front = vec![Front::Trace(0)];

    let args = [pause.as_secs_f64().to_string()];
    python::join(&mut report, pythons, twin_script!("article"), &args, &[STARTS_FIRST, CLAIM], |python, twin| {
        let (on, model) = (python.to_string(), ThreadModel::OneThread);
        let both = |trace| [starts_first(&on, trace, model), overlap::judge(&on, trace, model, None)];
        twin.traces.iter().flat_map(both).collect()
    });
    if runtime == Runtime::AsyncStd {
        report.notes.push(text!(
            "태스크가 실행된 스레드의 수는 runtimes 실험에서 셉니다.",
            "The experiment runtimes counts the threads on which the tasks run."
        ));
        report.notes.push(notes::discontinued());
    }
    report.shows = text!(
        "태스크 다섯: 동시에 최대 {peak}개가 기다렸고, 모두 {all} 걸렸습니다. 태스크가 await에서 스레드를 양보하면 루프는 그동안 다음 태스크를 실행합니다. 이벤트 루프는 스레드 하나로 충분하므로 GIL을 두고 경합할 스레드도 없습니다.",
        "Five tasks: up to {peak} waited at once, {all} in all. At await a task yields the thread, and the loop runs the next task. An event loop needs only one thread, so no other thread competes with it for the GIL."
    );
    Ok(report)
}

/// The claim on the order of the listing's lines.
const STARTS_FIRST: &str = "listing-tasks-start-first";

/// The verdict on whether every task had started when the first one was done. Where the waits say nothing, because they are too short,
/// the order of the lines says nothing either.
fn starts_first(on: &str, trace: &Trace, model: ThreadModel) -> Verdict {
    if let Outcome::NotMeasured(why) = overlap::judge(on, trace, model, None).outcome {
        return Verdict::not_measured(STARTS_FIRST, on, why);
    }
    let tasks = event_loop::without_it(trace);
    let spans = || tasks.lanes.iter().flat_map(|lane| &lane.spans);
    let first_end = spans().map(|span| span.end).min().unwrap_or(0);
    let (all, before) = (spans().count(), spans().filter(|span| span.start < first_end).count());
    let evidence = text!(
        "첫 태스크가 끝나기 전에 시작한 태스크 {before}개(모두 {all}개)",
        "{before} of {all} tasks had started when the first was done"
    );
    Verdict::seen(STARTS_FIRST, on, before == all, evidence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::trace::Lane;

    #[test]
    fn a_task_that_starts_after_another_is_done_refutes_the_claim() {
        let second = 1_000_000_000;
        let outcome = |start: u64| {
            let lane = |start| Lane::of(Text::same("task"), State::WaitingForIo, start, start + second);
            starts_first("a loop", &Trace::new(Text::default(), vec![lane(0), lane(start)]), ThreadModel::OneThread)
                .outcome
        };
        assert_eq!(outcome(10), Outcome::Holds);
        assert_eq!(outcome(second), Outcome::DoesNotHold);
    }
}
