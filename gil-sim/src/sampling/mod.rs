//! The outside judge: the interpreter's own sampling profiler, which says who holds the GIL and who waits for it. CPython has it since
//! 3.15 (`python -m profiling.sampling`, PEP 799; the markers of the GIL: python/cpython#139485).

pub mod comparison;
mod gecko;

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use lab::lang::Text;
use lab::python::{self, Interpreter, LIMIT};
use lab::report::Report;
use lab::text;
use lab::trace::Trace;

pub use gecko::GilSpans;

/// The first version that has the profiler.
const SINCE: [u32; 2] = [3, 15];
/// Samples a second: of a switch interval of 5 ms there are 25. At twice as many the profiler is late for every second one on two cores.
const RATE: u32 = 5000;

/// What the profiler saw.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The interpreter that said it.
    pub judge: String,
    /// Who held the GIL and who waited for it.
    pub trace: Trace,
    /// Between two samples, in ns.
    pub grain: u64,
}

/// The interpreter that can say who holds its GIL, or why there is none.
pub fn judge(pythons: &[Interpreter]) -> Result<Interpreter, Text> {
    if pythons.is_empty() {
        return Err(python::none_in_this_run());
    }
    let [major, minor] = SINCE;
    let judge = python::at_least(pythons, SINCE).ok_or_else(|| {
        text!(
            "CPython {major}.{minor}이 없습니다(--python python{major}.{minor}으로 줄 수 있습니다)",
            "there is no CPython {major}.{minor} (--python python{major}.{minor} names one)"
        )
    })?;
    can_judge(&judge).map(|()| judge)
}

/// Whether an interpreter can say who holds its GIL, or why not.
pub fn can_judge(python: &Interpreter) -> Result<(), Text> {
    let [major, minor] = SINCE;
    if python.implementation != "CPython" || python.version[..2] < SINCE[..] {
        return Err(text!(
            "{python}은(는) 보고하지 않습니다(CPython {major}.{minor}부터)",
            "{python} does not say it (CPython does since {major}.{minor})"
        ));
    }
    match python.why_no_gil() {
        None => Ok(()),
        Some(Text { ko, en }) => Err(text!("{python}: {ko}", "{python}: {en}")),
    }
}

/// Runs a twin under the interpreter's profiler. `names` are those of its threads, in the order of its table of native ids.
///
/// The error is the reason why there is no trace: the profiler reads the memory of another process, which the system may forbid.
pub fn watch(
    python: &Interpreter,
    script: &Path,
    args: &[String],
    names: impl FnOnce(&Report) -> Vec<Text>,
) -> Result<Seen, Text> {
    let failed = |e: std::io::Error| text!("입출력 오류: {e}", "input/output error: {e}");
    let folder = tempfile::Builder::new().prefix("gil-sim-").tempdir().map_err(failed)?;
    let file = folder.path().join("spans.json");
    let mut before: Vec<OsString> = ["-m", "profiling.sampling", "run", "-a", "-r"].map(OsString::from).into();
    before.extend([RATE.to_string().into(), "--gecko".into(), "-o".into(), file.clone().into()]);
    let report = python::run_under(python, &before, script, args, LIMIT).map_err(|Text { ko, en }| {
        text!(
            "샘플링 프로파일러로 실행할 수 없습니다(다른 프로세스의 메모리를 읽을 ptrace 권한이 필요합니다): {ko}",
            "its sampling profiler cannot run it (it needs the right, as for ptrace, to read another process): {en}"
        )
    })?;
    let spans = GilSpans::read(&fs::read_to_string(&file).map_err(failed)?)?;
    let ids = native_ids(&report).ok_or_else(|| {
        text!("스레드의 native_id가 보고서에 없습니다", "the report has no native ids of its threads")
    })?;
    let lanes = ids.into_iter().zip(names(&report));
    let title =
        text!("{python}: 인터프리터가 보고한 GIL 보유 스레드", "{python}: who holds the GIL, as the interpreter says");
    Ok(Seen { judge: python.to_string(), trace: spans.trace(title, lanes)?, grain: spans.grain })
}

fn native_ids(report: &Report) -> Option<Vec<u64>> {
    report.tables.first()?.rows.iter().map(|row| row.first()?.en.parse().ok()).collect()
}
