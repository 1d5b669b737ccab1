//! What parallelism costs on an interpreter before it gains anything: measured on the interpreter that ran the program.
//!
//! Python script: `python/costs.py`.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use lab::lang::Text;
use lab::report::{Measure, Report, Unit};
use lab::{process, text, twin_script};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The measurement hangs if it takes longer.
const LIMIT: Duration = Duration::from_secs(60);

/// Costs in ns.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Costs {
    /// An interpreter that does nothing.
    pub start: f64,
    /// What the program imports of the standard library when it starts; 0 if its file is not known.
    pub imports: f64,
    /// Importing what a pool of threads needs, beside that.
    pub import_threads: f64,
    /// Importing asyncio, beside that.
    pub import_asyncio: f64,
    /// Importing what a pool of processes needs.
    pub import_processes: f64,
    /// A pool of one process, until it has answered and ended.
    pub first_worker: f64,
    /// Each further one.
    pub next_worker: f64,
    /// A sub-interpreter; 0 where there is none.
    pub interpreter: f64,
    /// A MiB to a worker process, or back.
    pub mib: f64,
    /// A call that lets the GIL go for a moment, if eight threads do nothing else; 0 where there is no GIL to hand on.
    pub handoff: f64,
}

impl Costs {
    /// Numbers of the usual size, for programs without an interpreter that could be asked: a 2-core virtual machine with CPython 3.13.
    pub fn typical() -> Costs {
        Costs {
            start: 15e6,
            imports: 0.0,
            import_threads: 8e6,
            import_asyncio: 60e6,
            import_processes: 30e6,
            first_worker: 10e6,
            next_worker: 3e6,
            interpreter: 60e6,
            mib: 2e6,
            handoff: 6e3,
        }
    }

    /// Asks an interpreter. Why not, if it cannot be asked.
    pub fn measure(interpreter: &Path) -> Result<Costs, Text> {
        ask(interpreter, None)
    }

    /// The same for the program in this file: what it imports anyway costs nothing more.
    pub fn for_program(mut self, interpreter: &Path, program: &Path) -> Result<Costs, Text> {
        let Imports { imports, import_threads, import_asyncio, import_processes } = ask(interpreter, Some(program))?;
        (self.imports, self.import_threads) = (imports, import_threads);
        (self.import_asyncio, self.import_processes) = (import_asyncio, import_processes);
        Ok(self)
    }

    /// As measurements of a report.
    pub fn measures(&self) -> Vec<Measure> {
        let mut copy = *self;
        let parts = copy.parts_mut().map(|(id, name, ns)| Measure::new(id, name, Unit::Ns, vec![*ns]));
        parts.into()
    }

    /// Reads them from a report; `None` if it has none.
    pub fn of_report(report: &Report) -> Option<Costs> {
        let mut costs = Costs::typical();
        for (id, _, ns) in costs.parts_mut() {
            let found = report.measure(id).map(Measure::median).filter(|v| v.is_finite() && *v >= 0.0);
            // Earlier versions did not ask for it.
            *ns = found.or_else(|| (id == "cost.imports").then_some(0.0))?;
        }
        Some(costs)
    }

    fn parts_mut(&mut self) -> [(&'static str, Text, &mut f64); 10] {
        [
            ("cost.start", text!("인터프리터의 시작", "an interpreter's start"), &mut self.start),
            (
                "cost.imports",
                text!("프로그램의 표준 라이브러리 임포트", "the program's standard imports"),
                &mut self.imports,
            ),
            ("cost.import_threads", text!("스레드 풀의 임포트", "importing the thread pool"), &mut self.import_threads),
            ("cost.import_asyncio", text!("asyncio의 임포트", "importing asyncio"), &mut self.import_asyncio),
            (
                "cost.import_processes",
                text!("프로세스 풀의 임포트", "importing the process pool"),
                &mut self.import_processes,
            ),
            ("cost.first_worker", text!("워커 프로세스 하나인 풀", "a pool of one process"), &mut self.first_worker),
            ("cost.next_worker", text!("워커 하나 더", "each further worker"), &mut self.next_worker),
            ("cost.interpreter", text!("서브인터프리터 하나", "a sub-interpreter"), &mut self.interpreter),
            ("cost.mib", text!("1 MiB를 워커와 주고받기", "a MiB to a worker, or back"), &mut self.mib),
            (
                "cost.handoff",
                text!("여러 스레드가 GIL을 주고받는 호출 하나", "a call while threads hand the GIL on"),
                &mut self.handoff,
            ),
        ]
    }
}

/// The costs that depend on what a program imports, in ns.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Imports {
    imports: f64,
    import_threads: f64,
    import_asyncio: f64,
    import_processes: f64,
}

/// Runs the script, which prints one JSON object.
fn ask<T: DeserializeOwned>(interpreter: &Path, program: Option<&Path>) -> Result<T, Text> {
    let script = twin_script!("costs");
    if !script.is_file() {
        let script = script.display();
        return Err(text!("{script} 파일이 없습니다", "there is no file {script}"));
    }
    let args: Vec<OsString> = std::iter::once(Path::new(&script)).chain(program).map(OsString::from).collect();
    let out = process::run_guarded(interpreter, &args, LIMIT, |command| {
        command.env("PYTHONDONTWRITEBYTECODE", "1");
    })?;
    let line = out.lines().next_back().unwrap_or_default();
    serde_json::from_str(line).map_err(|e| text!("비용을 읽을 수 없습니다: {e}", "the costs cannot be read: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_survive_the_way_through_a_report() {
        let mut report = Report::new("choose/run");
        report.measures = Costs::typical().measures();
        assert_eq!(Costs::of_report(&report), Some(Costs::typical()));
        report.measures.pop();
        assert_eq!(Costs::of_report(&report), None);
    }
}
