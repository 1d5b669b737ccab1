//! The timeline of the article's listing, drawn from the lines that it printed.

use std::time::Duration;

use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Report, Unit};
use lab::trace::{State, Trace};
use lab::{Result, say, text, twin_script};

use crate::overlap::{self, CLAIM, Home};
use crate::{article, article_async_std, article_smol, sleepers};

/// What the listing is written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// tokio with one thread.
    Tokio,
    /// async-std, whose tasks run on threads of its own.
    AsyncStd,
    /// smol's `LocalExecutor`: one thread.
    Smol,
}

impl Runtime {
    /// The values of `--runtime`.
    pub const NAMES: &'static [&'static str] = &["tokio", "async-std", "smol"];

    /// Reads a value of `--runtime`.
    pub fn from_name(name: &str) -> Option<Runtime> {
        match name {
            "tokio" => Some(Runtime::Tokio),
            "async-std" => Some(Runtime::AsyncStd),
            "smol" => Some(Runtime::Smol),
            _ => None,
        }
    }

    fn listing(self) -> (&'static str, Home, fn(Duration)) {
        match self {
            Runtime::Tokio => ("Rust, tokio current_thread", Home::OneThread, article::listing),
            Runtime::AsyncStd => ("Rust, async-std", Home::Pool, article_async_std::listing),
            Runtime::Smol => ("Rust, smol LocalExecutor", Home::OneThread, article_smol::listing),
        }
    }
}

/// Runs the listing, here and on CPython, and looks whether its tasks waited together.
pub fn run(runtime: Runtime, pause: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("asyncio/article");
    let (name, home, listing) = runtime.listing();
    if runtime != Runtime::Tokio {
        sleepers::threads_can_be_had()?;
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
        report.notes.push(discontinued());
    }
    report.shows = text!(
        "태스크 다섯: 동시에 기다린 것 최대 {peak}개, 모두 {all}. 태스크는 await에서 스레드를 내놓고, 루프는 그동안 다음 태스크를 돌립니다. 이벤트 루프에는 스레드가 하나면 되므로 GIL을 두고 다툴 상대도 없습니다.",
        "Five tasks: {peak} waited at once at the peak, {all} in all. At await a task gives the thread back and the loop runs the next one. An event loop needs a single thread, so there is nobody to fight with over a GIL."
    );
    Ok(report)
}

/// The note that goes with every use of async-std.
pub fn discontinued() -> Text {
    text!(
        "async-std는 개발이 중단되었고(RUSTSEC-2025-0052, 2025년 8월 24일) 만든 이들은 smol을 권합니다. 옛 코드에서 만나게 되므로 여기 남겨 둡니다.",
        "async-std is discontinued (RUSTSEC-2025-0052, 24 August 2025), and its authors point to smol. It stays here because you will meet it in old code."
    )
}

/// How much of the machine others used meanwhile, where the system tells.
pub(crate) fn others_used(foreign: Option<f64>) -> Option<Text> {
    let share = unit::value(foreign?, Unit::Share);
    Some(text!(
        "재는 동안 다른 프로그램이 이 컴퓨터의 {share}를 썼습니다.",
        "Other programs used {share} of this machine meanwhile."
    ))
}
