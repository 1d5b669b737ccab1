//! `counter += 1` without a lock, on every Python that is found. CPython up to 3.9 loses updates; from 3.10 on it does not, until
//! there is a call in between. PyPy has a GIL too and loses: the rule is CPython's, not the GIL's.
//!
//! Since 3.10 CPython hands the GIL over only at backward jumps and at calls, so straight-line code is not interrupted. That is how
//! it is built, not what it promises.
//!
//! Article: 뮤텍스(Mutex). Run: `cargo run -p mutex -- versions`. Python twin: `python/counter.py`.

mod expectations;
mod interpreters;
mod report;

use lab::Result;
use lab::cli::{Experiment, Options};
use lab::python::{self, Interpreter};
use lab::report::Report;
use lab::{text, twin_script};

use crate::claims;

pub use expectations::{Expectation, FORMS, Form, Rules};
pub use interpreters::all;

/// `cargo run -p mutex -- versions`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let threads = options.threads(2..=64, 4);
    let about = text!("스레드 하나가 1을 더하는 횟수", "how often each thread adds 1");
    let iterations = options.count("iterations", 1..=10_000_000, 200_000, about);
    let about = text!("찾은 모든 파이썬에서 counter += 1 실행", "counter += 1 on every Python that is found");
    Experiment::new("versions", about, options, move |a| run(a.get(threads), a.get(iterations), &all(a.pythons())))
}

/// Races every form on every interpreter.
pub fn run(threads: usize, iterations: u64, pythons: &[Interpreter]) -> Result<Report> {
    const RUNS: &str = "3";
    const SECONDS: &str = "0.03";
    const SWITCH_INTERVAL: &str = "0.0001";
    let mut report = Report::new("mutex/versions");
    let mut args = vec![threads.to_string(), iterations.to_string()];
    args.extend([RUNS, SECONDS, SWITCH_INTERVAL].map(str::to_owned));
    args.extend(FORMS.iter().map(|form| form.id.to_owned()));
    let claims = [claims::KEPT, claims::LOST, claims::PLAIN];
    python::join(&mut report, pythons, twin_script!("counter"), &args, &claims, |python, twin| {
        let mut verdicts = claims::judge_twin(python, twin);
        verdicts.push(claims::judge_plain(python, twin));
        verdicts
    });
    report::write(&mut report, threads, pythons);
    Ok(report)
}
