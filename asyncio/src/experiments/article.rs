//! The timeline of the article's listing, drawn from the lines that it printed.

use std::time::Duration;

use lab::cli::{Choice, Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::Report;
use lab::report::unit;
use lab::trace::{State, Trace};
use lab::{Result, say, text, twin_script};

use crate::overlap::{self, CLAIM, Home};
use crate::{article, article_async_std, article_smol, notes, programs};

/// The runtime of the listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// tokio with one thread.
    Tokio,
    /// async-std, whose tasks run on threads of its own.
    AsyncStd,
    /// smol's `LocalExecutor`: one thread.
    Smol,
}

impl Choice for Runtime {
    const WORDS: &'static [(&'static str, Runtime)] =
        &[("tokio", Runtime::Tokio), ("async-std", Runtime::AsyncStd), ("smol", Runtime::Smol)];
}

impl Runtime {
    fn listing(self) -> (&'static str, Home, fn(Duration)) {
        match self {
            Runtime::Tokio => ("Rust, tokio current_thread", Home::OneThread, article::listing),
            Runtime::AsyncStd => ("Rust, async-std", Home::Pool, article_async_std::listing),
            Runtime::Smol => ("Rust, smol LocalExecutor", Home::OneThread, article_smol::listing),
        }
    }
}

/// `cargo run -p asyncio`, and `-- article`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let pause =
        options.seconds("seconds", 0.0..=60.0, 2.0, text!("한 태스크가 기다리는 시간", "how long a task waits"));
    let runtime = options.choice("runtime", Runtime::Tokio, text!("예시를 돌릴 런타임", "what it runs on"));
    let about = text!("글의 예시: 기다리는 태스크 다섯", "the article's listing: five tasks that wait");
    Experiment::new("article", about, options, move |a| run(a.get(runtime), a.get(pause), a.pythons()))
}

/// Runs the listing here and on CPython and judges whether its tasks waited together.
pub fn run(runtime: Runtime, pause: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("asyncio/article");
    let (name, home, listing) = runtime.listing();
    if runtime != Runtime::Tokio {
        programs::threads_can_be_had()?;
    }
    listing(pause);
    let lines = say::take();
    report.lines = say::words(&lines);
    let trace = Trace::new(Text::same(name), say::lanes(&lines, State::WaitingForIo));
    report.verdicts.push(overlap::judge(name, &trace, home, None));
    let (peak, all) = (trace.peak_in_flight(&[State::WaitingForIo]), unit::duration(trace.duration() as f64));
    report.traces.push(trace);

    let args = [pause.as_secs_f64().to_string()];
    python::join(&mut report, pythons, twin_script!("article"), &args, &[CLAIM], |python, twin| {
        twin.traces.iter().map(|trace| overlap::judge(&python.to_string(), trace, Home::OneThread, None)).collect()
    });
    if runtime == Runtime::AsyncStd {
        report.notes.push(text!(
            "태스크가 돈 스레드가 몇 개인지는 runtimes 실험이 셉니다.",
            "On how many threads the tasks run is counted by the experiment runtimes."
        ));
        report.notes.push(notes::discontinued());
    }
    report.shows = text!(
        "태스크 다섯: 동시에 기다린 것 최대 {peak}개, 모두 {all}. 태스크는 await에서 스레드를 내놓고, 루프는 그동안 다음 태스크를 돌립니다. 이벤트 루프에는 스레드가 하나면 되므로 GIL을 두고 다툴 상대도 없습니다.",
        "Five tasks: {peak} waited at once at the peak, {all} in all. At await a task gives the thread back and the loop runs the next one. An event loop needs a single thread, so there is nobody to fight with over a GIL."
    );
    Ok(report)
}
