//! The report of `gil`: its verdicts on the article's claim, its table and its notes.

use lab::claims::Verdict;
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::trace::{Span, State, Trace};
use lab::{machine, stats, text};

use super::cases::{CASES, Case, CaseResult};

/// The claim's id in the ledger.
pub const CLAIM: &str = "asyncio-no-gil-effect";

/// Half a switch interval, in ns. A wait at least this long is due to the GIL, because a waiter requests it only after a whole
/// interval.
const LONG_WAIT: u64 = 2_500_000;

/// The verdict on a case with the lock; the claim says nothing about a case without it.
pub fn judge(case: Case, result: &CaseResult) -> Option<Verdict> {
    if !case.gil {
        return None;
    }
    let waits = long_waits(&result.trace, case.computing);
    if case.computing == 0 {
        let switches = result.switches.saturating_sub(1); // the first acquisition of a new lock counts as a switch
        let evidence = text!(
            "락이 다른 스레드로 넘어간 것 {switches}번, 락을 오래 기다린 것 {waits}번",
            "the lock passed to another thread {switches} times; {waits} long waits for it"
        );
        return Some(Verdict::seen(
            CLAIM,
            text!("Rust + GIL(루프만)", "Rust + GIL (the loop alone)"),
            switches == 0,
            evidence,
        ));
    }
    let woken = wake_ups(&result.trace);
    let evidence = text!(
        "루프가 {woken}번 깨어났고, 그중 {waits}번은 전환 간격의 절반 이상 GIL을 기다림",
        "the loop woke up {woken} times; {waits} times it waited for the GIL for half a switch interval or longer"
    );
    Some(Verdict::seen(
        CLAIM,
        text!("Rust + GIL(CPU 스레드와 함께)", "Rust + GIL (beside a CPU thread)"),
        waits == 0,
        evidence,
    ))
}

/// How often the loop waited for the lock while a computing thread ran for half a switch interval or longer. Waits in which no such
/// thread ran are due to a busy machine.
pub fn long_waits(trace: &Trace, computing: usize) -> usize {
    let busy = |wait: &Span| {
        let lanes = &trace.lanes[1..=computing];
        let spans = lanes.iter().flat_map(|lane| &lane.spans).filter(|span| span.state == State::Running);
        spans.map(|span| span.end.min(wait.end).saturating_sub(span.start.max(wait.start))).sum::<u64>()
    };
    let waits = trace.lanes[0].spans.iter().filter(|span| span.state == State::WaitingForLock);
    waits.filter(|wait| busy(wait) >= LONG_WAIT).count()
}

fn wake_ups(trace: &Trace) -> usize {
    trace.lanes[0].spans.iter().filter(|span| span.state == State::WaitingForIo).count()
}

/// The verdict on CPython. Its waits for the GIL are not visible, so only the lateness of the tasks counts.
pub fn judge_twin(python: &Interpreter, twin: &Report) -> Verdict {
    let median = |id: &str| twin.measure(id).map(Measure::median);
    let on = text!("{python}(CPU 스레드와 함께)", "{python} (beside a CPU thread)");
    if let Some(why) = python.why_no_gil() {
        return Verdict::not_measured(CLAIM, on, why);
    }
    let (Some(alone), Some(beside)) = (median("late.alone"), median("late.beside")) else {
        return Verdict::not_measured(
            CLAIM,
            on,
            text!("파이썬 대응 프로그램이 측정하지 않았습니다", "the twin did not measure it"),
        );
    };
    let (a, b) = (unit::duration(alone), unit::duration(beside));
    if alone >= LONG_WAIT as f64 {
        let why = text!(
            "루프만 실행할 때에도 {a} 늦습니다: 시스템 부하가 너무 높습니다",
            "even alone, tasks are late by {a}: the machine is too busy"
        );
        return Verdict::not_measured(CLAIM, on, why);
    }
    let evidence = text!(
        "깨어날 때 지연의 중앙값: 루프만 {a}, CPU 스레드와 함께 {b}",
        "median lateness of wake-ups: alone {a}, beside a CPU thread {b}"
    );
    Verdict::seen(CLAIM, on, beside < LONG_WAIT as f64, evidence)
}

/// How late the tasks woke up, and with the lock: the share of time that the loop waited for it, and how often it switched threads.
pub fn measures(case: Case, result: &CaseResult) -> Vec<Measure> {
    let (id, Text { ko, en }) = (case.id, case.name());
    let late = text!("{ko}: 태스크가 깨어날 때의 지연", "{en}: lateness of the tasks");
    let mut all =
        vec![Measure::new(format!("late.{id}"), late, Unit::Ns, result.late.iter().map(|&ns| ns as f64).collect())];
    if case.gil {
        let share = result.trace.share(0, State::WaitingForLock);
        let waited = text!("{ko}: 루프가 GIL을 기다린 비율", "{en}: share of time the loop waited for the GIL");
        all.push(Measure::new(format!("waited.{id}"), waited, Unit::Share, vec![share]));
        let switches = text!("{ko}: GIL이 다른 스레드로 넘어간 횟수", "{en}: GIL switches between threads");
        all.push(Measure::new(format!("switches.{id}"), switches, Unit::Count, vec![result.switches as f64]));
    }
    all
}

/// A table of the measurements whose ids begin with `prefix`, one row per case. CPython has no case without its lock.
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
        [("alone", text!("루프만", "the loop alone")), ("beside", text!("CPU 스레드와 함께", "beside a CPU thread"))];
    let (ko, en) = (&on.ko, &on.en);
    Table {
        title: text!("{ko}: 이벤트 루프의 태스크 3개", "{en}: three tasks of an event loop"),
        head: vec![
            text!("경우", "case"),
            text!("깨어난 횟수", "wake-ups"),
            text!("지연 중앙값", "median lateness"),
            text!("가장 늦음", "latest"),
            text!("GIL 대기 비율", "waiting for the GIL"),
        ],
        rows: CASES
            .map(|case| (case.id, case.name()))
            .into_iter()
            .chain(theirs)
            .filter_map(|(id, name)| row(id, name))
            .collect(),
    }
}

/// How the cases were run and measured.
pub fn notes(iterations: u64, each: &str, foreign: Option<f64>) -> Vec<Text> {
    let mut notes = vec![
        text!(
            "태스크 3개가 {each}씩 반복해서 잡니다. CPU 스레드는 글의 루프(count += i)를 {iterations}번, 파이썬에서는 그 100분의 1만큼 반복합니다. 지연은 깨어나야 할 시각부터 실제로 실행될 때까지의 시간입니다(그림의 ·).",
            "Three tasks sleep for {each} at a time, again and again. The CPU thread does {iterations} iterations of the article's loop (count += i), in Python a hundredth of that. A task is late from when it is due until it runs (· in the drawing)."
        ),
        text!(
            "루프는 CPython처럼 이벤트를 기다리는 동안 GIL을 놓고, 깨어나면 GIL을 다시 얻어야 태스크를 실행합니다. CPython이 GIL을 기다린 시간은 밖에서 측정할 수 없습니다.",
            "Like CPython's, the loop releases the GIL while it waits for events and must take it again before it runs a task. How long CPython waited for its GIL cannot be measured from outside."
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
        "루프만 실행하면 GIL이 있든 없든 같습니다(지연의 중앙값 {free}, {gil}). 다른 스레드 하나가 함께 계산하면 락이 없을 때는 {beside_free}, GIL이 있을 때는 {beside}입니다. 'GIL 영향 없음'은 asyncio의 성질이 아니라 그 프로세스에 스레드가 하나뿐이라는 뜻입니다.",
        "A loop alone runs the same without and with a GIL (median lateness {free} and {gil}). With one thread computing beside it, the lateness is {beside_free} without a lock and {beside} under the GIL. 'Not affected by the GIL' is not a property of asyncio: it only means that the process has no other thread."
    )
}
