//! Reading a file in a task stops the loop: the call blocks its only thread. `tokio::fs` and its like hand the call to a thread.
//!
//! The file is one whose bytes come late, every time: a pipe with the name of a file. No disk is measured.
//!
//! Article: 요약, "대규모 네트워크/파일 I/O". Run: `cargo run -p asyncio -- files`. Python twin: `python/files.py`.

mod many_files;
pub mod report;
mod slow_file;
pub mod techniques;

use std::time::Duration;

use lab::Result;
use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::python::{self, Interpreter};
use lab::report::{Front, Report};
use lab::{text, twin_script};

use report::CLAIM;
use techniques::{BEFORE, PERIOD, TECHNIQUES};

/// `cargo run -p asyncio -- files`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("파일의 바이트가 오기까지의 시간(초)", "until the file's bytes come, in seconds");
    let delay = options.seconds("seconds", 0.0..=60.0, 0.3, about);
    let about = text!("한꺼번에 읽는 작은 파일의 수", "small files that are read all at once");
    let files = options.size("files", 1..=10_000, 200, about);
    let about = text!(
        "파일을 읽는 태스크가 루프를 세움, 그리고 tokio::fs",
        "a task that reads a file stalls the loop; tokio::fs does not"
    );
    Experiment::new("files", about, options, move |a| run(a.get(delay), a.get(files), a.pythons()))
}

/// Reads a slow file by every technique, then many small ones; here and on CPython.
pub fn run(delay: Duration, files: usize, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("asyncio/files");
    for technique in &TECHNIQUES {
        let on = text!("Rust, {name}", "Rust, {name}", name = technique.name);
        match technique.observe(delay) {
            Ok(trace) => {
                report.verdicts.push(report::judge(on, &trace));
                report.measures.extend(report::measures(technique.id, technique.name, &trace));
                report.traces.push(trace);
            }
            Err(why) => report.verdicts.push(Verdict::not_measured(CLAIM, on, why.text().clone())),
        }
    }
    // Broken beside fixed.
    report.front = vec![Front::Trace(0), Front::Trace(1)];
    let read = many_files::read(files)?;
    report.measures.extend(report::many(&read));
    let args = [delay, PERIOD, BEFORE].map(|time| time.as_secs_f64().to_string());
    let args = [&args[..], &[files.to_string(), many_files::SIZE.to_string()]].concat();
    python::join(&mut report, pythons, twin_script!("files"), &args, &[CLAIM], report::judge_twin);
    report.tables = report::tables(&report, pythons);
    report.measures_in_tables = true;
    report.notes.splice(0..0, report::notes(files));
    report.shows = report::shows(&report);
    Ok(report)
}
