//! Answers from a recorded run, for other cores, pieces and data, without running anything.
//!
//! Article: 언제, 무엇을 써야 할까? Run: `cargo run -p choose -- again FILE.json --cores 16 --pieces 1000 --payload 4MiB`.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use lab::cli::{Experiment, Options};
use lab::report::Report;
use lab::trace::Trace;
use lab::{Error, Result, text};

use crate::costs::Costs;
use crate::html;
use crate::page;
use crate::plan::PlanOptions;
use crate::recording::Recording;

/// A recording is smaller than this; what is larger is something else.
const LARGEST: u64 = 16 << 20;

/// `choose again FILE`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("run --out으로 만든 파일", "a file written by run --out");
    let file = options.positional_path("file", about);
    let plan = PlanOptions::declare(&mut options);
    let page_file = options.output("html", html::about());
    let about = text!("기록한 실행으로 다시 예측", "predicts again from a recorded run");
    let run = move |a: &lab::cli::Args| {
        let file = a.get(file).ok_or_else(|| {
            Error::usage(text!(
                "파일을 주십시오. 예: choose --out run.json -- python3 my_script.py 다음에 choose again run.json",
                "give a file: choose --out run.json -- python3 my_script.py, then choose again run.json"
            ))
        })?;
        let Recorded { recording, costs, traces } = read(&file)?;
        let mut report = page::report("choose/again", &recording, &costs, plan.get(a, recording.cores)?);
        report.traces = traces;
        if let Some(path) = a.get(page_file) {
            html::write(&path, &report)?;
        }
        Ok(report)
    };
    Experiment::new("again", about, options, run).looks_for_pythons()
}

struct Recorded {
    recording: Recording,
    costs: Costs,
    traces: Vec<Trace>,
}

/// Reads a recorded run.
fn read(path: &Path) -> Result<Recorded> {
    let name = path.display();
    let cannot = |why: &dyn std::fmt::Display| {
        Error::usage(text!("{name}: 읽을 수 없습니다: {why}", "{name}: cannot be read: {why}"))
    };
    if fs::metadata(path).is_ok_and(|found| found.is_dir()) {
        return Err(Error::usage(text!("{name}: 폴더입니다. 파일을 주십시오.", "{name}: is a folder. Give a file.")));
    }
    let mut words = String::new();
    let file = File::open(path).map_err(|e| cannot(&e))?;
    file.take(LARGEST).read_to_string(&mut words).map_err(|e| cannot(&e))?;
    let report: Option<Report> = serde_json::from_str(&words).ok();
    let recorded = report.and_then(|report| {
        let (recording, costs) = (Recording::of_report(&report)?, Costs::of_report(&report)?);
        Some(Recorded { recording, costs, traces: report.traces })
    });
    recorded.ok_or_else(|| {
        Error::usage(text!(
            "{name}: 기록한 실행이 아닙니다. choose --out FILE로 만든 파일을 주십시오.",
            "{name}: this is no recorded run. Give a file written by choose --out FILE."
        ))
    })
}
