//! The timeline of the article's listing, drawn from the lines that it printed.

use std::time::Duration;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::python::{self, Interpreter};
use lab::report::Report;
use lab::trace::{State, Trace};
use lab::{Result, say, text, twin_script};

use crate::article;
use crate::overlap::{self, CLAIM};
use crate::questions::{self, RELEASED};

/// `cargo run -p threading`, and `-- article`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("한 스레드가 기다리는 시간(초)", "how long a thread waits, in seconds");
    let pause = options.seconds("seconds", 0.0..=60.0, 2.0, about);
    let about = text!("글의 예시: 기다리는 스레드 다섯", "the article's listing: five threads that wait");
    Experiment::new("article", about, options, move |a| run(a.get(pause), a.pythons())).asks(|_| questions::all())
}

/// Runs the listing, here and on CPython, and judges whether its threads waited at the same time.
pub fn run(pause: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("threading/article");
    article::listing(pause);
    let lines = say::take();
    report.lines = say::words(&lines);
    let trace = Trace::new(text!("Rust, std::thread", "Rust, std::thread"), say::lanes(&lines, State::WaitingForIo));
    report.verdicts.push(judge("Rust", &trace));
    let (peak, all) =
        (trace.peak_in_flight(&[State::WaitingForIo]), lab::report::unit::duration(trace.duration() as f64));
    report.traces.push(trace);

    let args = [pause.as_secs_f64().to_string()];
    python::join(&mut report, pythons, twin_script!("article"), &args, &[CLAIM, RELEASED], |python, twin| {
        let both = |trace| [judge(&python.to_string(), trace), released(python, trace)];
        twin.traces.iter().flat_map(both).collect()
    });
    report.shows = text!(
        "스레드 다섯이 차례로가 아니라 동시에 기다렸습니다(최대 {peak}개, 모두 {all}). GIL이 있어도 같습니다. 기다리는 스레드는 GIL을 해제하기 때문입니다.",
        "The five threads waited together, not in turn: up to {peak} at once, {all} in all. A GIL changes nothing here: a thread that waits releases it."
    );
    Ok(report)
}

/// Threads that share a GIL can only begin to wait beside each other if the one that waits has released it.
fn released(python: &Interpreter, trace: &Trace) -> Verdict {
    if let Some(why) = python.why_no_gil() {
        return Verdict::not_measured(RELEASED, python.to_string(), why);
    }
    let peak = trace.peak_in_flight(&[State::WaitingForIo]);
    let evidence = text!(
        "GIL을 공유하면서 동시에 기다린 스레드 최대 {peak}개",
        "threads that share a GIL and waited at once: at most {peak}"
    );
    Verdict::seen(RELEASED, python.to_string(), peak > 1, evidence)
}

fn judge(on: &str, trace: &Trace) -> Verdict {
    let (peak, threads) = (trace.peak_in_flight(&[State::WaitingForIo]), trace.lanes.len());
    overlap::judge(on, threads, peak, threads)
}
