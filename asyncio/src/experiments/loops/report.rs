//! The report of `loops`: its verdicts, its measurements and what they show.

use lab::claims::Verdict;
use lab::cores_used::CoresUsed;
use lab::lang::Text;
use lab::python::{Interpreter, unknown_gil};
use lab::report::unit;
use lab::report::{Measure, Report, Unit};
use lab::text;

use super::cases::{Case, CaseResult, PAUSE, PIECES, TASKS};

/// The claim's id in the ledger.
pub const CLAIM: &str = "several-loops-without-gil";

/// The verdict on several loops: under a GIL they keep one core busy, without one more than that. The claim says nothing about a
/// single loop.
pub fn judge(case: Case, result: &CaseResult) -> Option<Verdict> {
    let on = if case.gil { Text::same("Rust + GIL") } else { Text::same("Rust") };
    case.several.then(|| verdict(result.used, case.gil, on))
}

fn verdict(used: CoresUsed, gil: bool, on: Text) -> Verdict {
    if gil { used.serial(CLAIM, on) } else { used.parallel(CLAIM, on) }
}

/// The verdict on an interpreter, by the CPU time of its process. `foreign` is the share of the machine that others used.
pub fn judge_twin(python: &Interpreter, twin: &Report, foreign: Option<f64>) -> Verdict {
    let one = |id: &str| twin.measure(id).map(Measure::median);
    let Some(gil) = python.gil else {
        return Verdict::not_measured(CLAIM, python.to_string(), unknown_gil());
    };
    let (Some(wall), cores) = (one("wall.several"), one("cores.several")) else {
        let why = text!("파이썬 대응 프로그램이 측정하지 않았습니다", "the twin did not measure it");
        return Verdict::not_measured(CLAIM, python.to_string(), why);
    };
    verdict(CoresUsed { cores, wall, foreign }, gil, Text::same(python.to_string()))
}

/// Wall time and cores of a case.
pub fn measures(case: Case, result: &CaseResult) -> Vec<Measure> {
    let (id, Text { ko, en }) = (case.id, case.name());
    let wall = text!("{ko}: 걸린 시간", "{en}: wall time");
    let cores = text!("{ko}: 쓴 코어", "{en}: cores busy");
    let wall = Measure::new(format!("wall.{id}"), wall, Unit::Ns, vec![result.used.wall]);
    let cores = result.used.cores.map(|used| Measure::new(format!("cores.{id}"), cores, Unit::Times, vec![used]));
    [wall].into_iter().chain(cores).collect()
}

/// What the tasks did.
pub fn note(loops: usize, iterations: u64) -> Text {
    let (tasks, pause) = (loops * TASKS, unit::duration(PAUSE.as_nanos() as f64));
    text!(
        "태스크 {tasks}개가 글의 루프(count += i)를 {iterations}번씩 {PIECES}번에 나누어 반복하고, 그 사이에 {pause}씩 잡니다. 루프 하나는 태스크를 모두 맡고, 루프 {loops}개는 {TASKS}개씩 맡습니다. 막대는 태스크가 실행된 시간입니다.",
        "Tasks: {tasks}. Each does {iterations} iterations of the article's loop (count += i) in {PIECES} pieces and sleeps for {pause} after each. One loop has all of them; {loops} loops have {TASKS} each. A bar is time in which a task ran."
    )
}

pub fn shows(report: &Report, loops: usize) -> Text {
    let wall = |id: &str| report.measure(&format!("wall.{id}")).map_or(f64::NAN, Measure::median);
    let (one, free, gil) = (wall("one"), wall("several.free"), wall("several.gil"));
    let times = |ns: f64| unit::value(ns / one, Unit::Times);
    let (one, free, gil) = (unit::duration(one), times(free), times(gil));
    text!(
        "루프 하나로 {one} 걸린 계산을 루프 {loops}개가 나누어 하면 락이 없을 때는 그 시간의 {free}, GIL 하나를 함께 쓸 때는 {gil}가 걸립니다.",
        "A computation that takes one loop {one} takes {loops} loops {free} of that time without a lock, and {gil} if they share one GIL."
    )
}
