//! What `gil` says of the article's claim, and how it is shown.

use lab::claims::Verdict;
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::trace::{Span, State, Trace};
use lab::{machine, stats, text};

use super::cases::{CASES, Case, CaseResult};

/// The claim, by its id in the ledger.
pub const CLAIM: &str = "asyncio-no-gil-effect";

/// Half a switch interval, in ns. A longer wait for the lock is due to the GIL: a waiter requests it only after a whole interval.
const HALF: u64 = 2_500_000;

/// The verdict on a case under the lock; without a lock there is nothing that the claim is about.
pub fn judge(case: Case, seen: &CaseResult) -> Option<Verdict> {
    if !case.gil {
        return None;
    }
    let waits = long_waits(&seen.trace, case.computing);
    if case.computing == 0 {
        let switches = seen.switches.saturating_sub(1); // the first taking of a new lock counts as one
        let evidence = text!(
            "락이 다른 스레드로 넘어간 횟수 {switches}, 락을 오래 기다린 횟수 {waits}",
            "the lock went to another thread {switches} times, {waits} long waits for it"
        );
        return Some(Verdict::seen(
            CLAIM,
            text!("Rust + GIL(루프 혼자)", "Rust + GIL (the loop alone)"),
            switches == 0,
            evidence,
        ));
    }
    let woken = wake_ups(&seen.trace);
    let evidence = text!(
        "루프가 {woken}번 깨어나 {waits}번 전환 간격의 절반 이상 GIL을 기다림",
        "the loop woke {woken} times and waited for the GIL half a switch interval or longer {waits} times"
    );
    Some(Verdict::seen(
        CLAIM,
        text!("Rust + GIL(곁에 CPU 스레드)", "Rust + GIL (beside a CPU thread)"),
        waits == 0,
        evidence,
    ))
}

/// How often the loop waited long for the lock while a thread that computes was running.
pub fn long_waits(trace: &Trace, computing: usize) -> usize {
    let busy = |wait: &Span| {
        let lanes = &trace.lanes[1..=computing];
        let spans = lanes.iter().flat_map(|lane| &lane.spans).filter(|span| span.state == State::Running);
        spans.map(|span| span.end.min(wait.end).saturating_sub(span.start.max(wait.start))).sum::<u64>()
    };
    let waits = trace.lanes[0].spans.iter().filter(|span| span.state == State::WaitingForLock);
    waits.filter(|wait| busy(wait) >= HALF).count()
}

fn wake_ups(trace: &Trace) -> usize {
    trace.lanes[0].spans.iter().filter(|span| span.state == State::WaitingForIo).count()
}

/// The verdict on CPython, of which only the lateness of tasks is known.
pub fn judge_twin(python: &Interpreter, twin: &Report) -> Verdict {
    let median = |id: &str| twin.measure(id).map(Measure::median);
    let on = text!("{python}(곁에 CPU 스레드)", "{python} (beside a CPU thread)");
    if let Some(why) = python.why_no_gil() {
        return Verdict::not_measured(CLAIM, on, why);
    }
    let (Some(alone), Some(beside)) = (median("late.alone"), median("late.beside")) else {
        return Verdict::not_measured(CLAIM, on, text!("쌍둥이가 재지 않았습니다", "the twin did not measure it"));
    };
    let (a, b) = (unit::duration(alone), unit::duration(beside));
    if alone >= HALF as f64 {
        let why = text!(
            "혼자일 때에도 {a} 늦습니다: 컴퓨터가 너무 바쁩니다",
            "late by {a} even alone: the machine is too busy"
        );
        return Verdict::not_measured(CLAIM, on, why);
    }
    let evidence = text!(
        "늦게 깨어난 시간의 중앙값: 혼자 {a}, CPU 스레드 곁에서 {b}",
        "woken late by (median): alone {a}, beside a CPU thread {b}"
    );
    Verdict::seen(CLAIM, on, beside < HALF as f64, evidence)
}

/// How late the tasks woke up, and how long the loop waited for the lock each time.
pub fn measures(case: Case, seen: &CaseResult) -> Vec<Measure> {
    let (id, Text { ko, en }) = (case.id, case.name());
    let late = text!("{ko}: 태스크가 늦게 깨어난 시간", "{en}: tasks woke up late by");
    let mut all =
        vec![Measure::new(format!("late.{id}"), late, Unit::Ns, seen.late.iter().map(|&ns| ns as f64).collect())];
    if case.gil {
        let share = seen.trace.share(0, State::WaitingForLock);
        let waited = text!("{ko}: 루프가 GIL을 기다린 몫", "{en}: the loop waited for the GIL");
        all.push(Measure::new(format!("waited.{id}"), waited, Unit::Share, vec![share]));
        let switches = text!("{ko}: GIL이 넘어간 횟수", "{en}: the GIL changed hands");
        all.push(Measure::new(format!("switches.{id}"), switches, Unit::Count, vec![seen.switches as f64]));
    }
    all
}

/// What was measured under ids that begin with `prefix`, a row a case. CPython has no case without its lock.
pub fn table(report: &Report, on: &Text, prefix: &str) -> Table {
    let dash = || Text::same("–");
    let cell = |value: f64, unit| Text::same(unit::value(value, unit));
    let row = |id: &str, name: Text| -> Option<Vec<Text>> {
        let late = report.measure(&format!("{prefix}late.{id}"))?;
        let (_, longest) = stats::range(&late.samples)?;
        let waited = report.measure(&format!("{prefix}waited.{id}"));
        let waited = waited.map_or_else(dash, |measure| cell(measure.median(), measure.unit));
        let woken = Text::same(late.samples.len().to_string());
        Some(vec![name, woken, cell(late.median(), Unit::Ns), cell(longest, Unit::Ns), waited])
    };
    let theirs =
        [("alone", text!("루프 혼자", "the loop alone")), ("beside", text!("곁에 CPU 스레드", "beside a CPU thread"))];
    let (ko, en) = (&on.ko, &on.en);
    Table {
        title: text!("{ko}: 이벤트 루프의 태스크 셋", "{en}: three tasks of an event loop"),
        head: vec![
            text!("경우", "case"),
            text!("깨어남", "woke up"),
            text!("늦음, 중앙값", "late, median"),
            text!("가장 늦음", "latest"),
            text!("GIL 대기", "waited for the GIL"),
        ],
        rows: CASES
            .map(|case| (case.id, case.name()))
            .into_iter()
            .chain(theirs)
            .filter_map(|(id, name)| row(id, name))
            .collect(),
    }
}

/// What was done.
pub fn notes(turns: u64, each: &str, foreign: Option<f64>) -> Vec<Text> {
    let mut notes = vec![
        text!(
            "태스크 셋이 {each}씩 되풀이해 잡니다. 곁의 스레드는 글의 루프(count += i)를 {turns}바퀴, 파이썬에서는 그 100분의 1을 돕니다. '늦음'은 깨어날 때가 된 때부터 실제로 돌기까지입니다(그림의 ·).",
            "Three tasks sleep {each} again and again. The thread beside them does {turns} turns of the article's loop (count += i), in Python a hundredth of it. 'Late' is from when a task is due until it runs (· in the drawing)."
        ),
        text!(
            "루프는 CPython처럼 사건을 기다리는 동안 GIL을 놓고, 깨어나면 도로 쥐어야 태스크를 돌립니다. CPython에서 GIL을 기다린 시간은 밖에서 보이지 않습니다.",
            "As CPython's, the loop lets go of the GIL while it waits for events, and must have it back before it runs a task. How long CPython waited for its GIL cannot be seen from outside."
        ),
    ];
    notes.push(machine::others_used(foreign));
    notes
}

pub fn shows(report: &Report) -> Text {
    let late = |id: &str| unit::duration(report.measure(&format!("late.{id}")).map_or(f64::NAN, Measure::median));
    let (free, gil) = (late("alone.free"), late("alone.gil"));
    let (beside_free, beside) = (late("beside.free"), late("beside.gil"));
    text!(
        "루프 혼자면 GIL이 있으나 없으나 같습니다(늦음의 중앙값 {free}, {gil}). 곁에서 스레드 하나가 계산하면 락이 없을 때 {beside_free}, GIL 아래에서 {beside}입니다. 'GIL 영향 없음'은 asyncio의 성질이 아니라 그 프로세스에 스레드가 하나뿐이라는 말입니다.",
        "A loop alone is the same with a GIL and without (late by {free} and {gil}, medians). With one thread computing beside it, {beside_free} without a lock and {beside} under the GIL. 'Not affected' is not a property of asyncio: it says that the process has no other thread."
    )
}
