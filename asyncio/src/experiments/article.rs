//! Runs the article's listing and draws its timeline from the lines that it printed.

use std::time::Duration;

use lab::cli::{Choice, Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Front, Report};
use lab::trace::{State, Trace};
use lab::{Result, say, text, twin_script};

use crate::overlap::{self, CLAIM, ThreadModel};
use crate::{article, article_async_std, article_smol, event_loop, notes, programs};

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
    report.verdicts.push(overlap::judge(name, &trace, model, None));
    let (peak, all) = (trace.peak_in_flight(&[State::WaitingForIo]), unit::duration(trace.duration() as f64));
    let thread = event_loop::from_lines(&lines).filter(|_| model == ThreadModel::OneThread);
    report.notes.extend(thread.as_ref().map(|_| event_loop::how_from_lines()));
    // First: the thread that runs the tasks under it.
    trace.lanes.splice(0..0, thread);
    report.traces.push(trace);
    // CPython's drawing has the same shape; one of them shows all of its lanes on the first screen.
    report.front = vec![Front::Trace(0)];

    let args = [pause.as_secs_f64().to_string()];
    python::join(&mut report, pythons, twin_script!("article"), &args, &[CLAIM], |python, twin| {
        twin.traces
            .iter()
            .map(|trace| overlap::judge(&python.to_string(), trace, ThreadModel::OneThread, None))
            .collect()
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
