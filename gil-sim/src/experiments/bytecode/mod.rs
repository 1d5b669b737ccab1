//! `counter += 1` as bytecode: where each version of CPython looks at its eval breaker, and what gets lost there.
//!
//! Article: GIL(Global Interpreter Lock). Run: `cargo run -p gil-sim -- bytecode`. Python twin: `python/bytecode.py`.

use std::time::Duration;

use lab::Result;
use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self as twins, Interpreter};
use lab::report::unit;
use lab::report::{Front, Report, Unit};
use lab::trace::{State, Trace};
use lab::{text, twin_script};

use crate::vm::listing;
use crate::vm::version::Version;
use crate::{interpreters, options};
use cases::{CONTENDERS, Case};
use refcount_cost::RefcountCost;
use twin::LOST;

pub mod cases;
pub mod handoffs;
pub mod race;
pub mod refcount_cost;
pub mod twin;

/// The claim on what the lock lets happen.
const ONE: &str = "gil-one-thread-at-a-time";

/// `gil-sim bytecode`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let threads = options.threads(2..=64, 2);
    let iterations = options::iterations(&mut options, 10_000_000, 100_000);
    let interval = options::interval(&mut options, 0.000_05);
    Experiment::new(
        "bytecode",
        text!(
            "counter += 1의 바이트코드: GIL이 넘어가는 위치와 유실되는 갱신",
            "counter += 1 as bytecode: where the GIL is handed over, and lost updates"
        ),
        options,
        move |a| run(a.get(threads), a.get(iterations), a.get(interval), a.pythons()),
    )
}

/// Races `threads` threads, `iterations` updates each, under every version, with this switch interval; then on the real
/// interpreters.
pub fn run(threads: usize, iterations: u64, interval: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("gil-sim/bytecode");
    report.traces = handoffs::all(interval)?;
    let cases = cases::all(threads, iterations, interval)?;
    let costs = refcount_cost::all(threads, iterations, interval)?;
    report.measures = cases.iter().map(Case::measure).chain(costs.iter().flat_map(RefcountCost::measures)).collect();
    report.measures_in_tables = true;
    report.tables = CONTENDERS.iter().map(|contender| listing::table(&(contender.program)())).collect();
    report.verdicts = verdicts(&cases, &report.traces);

    let args = [threads.to_string(), iterations.to_string(), interval.as_secs_f64().to_string()];
    let (mut real, mut listings, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    twins::join(&mut report, pythons, twin_script!("bytecode"), &args, &[LOST], |python, twin| {
        let lost = twin::real(python, twin);
        match interpreters::version_of(python) {
            Ok(version) => {
                let compared = twin::compare(version, twin);
                listings.extend(compared.table(python));
                notes.push(compared.note(python));
            }
            Err(Text { ko, en }) => notes.push(text!(
                "{python}: 명령을 비교하지 않음: {ko}.",
                "{python}: its instructions were not compared: {en}."
            )),
        }
        let verdict = twin::judge(python, &lost);
        real.extend(lost);
        vec![verdict]
    });
    report.tables.extend(listings);
    report.front = vec![Front::Table(report.tables.len())];
    report.tables.extend([cases::losses(&cases, &real), cases::orders(&cases)]);
    report.tables.extend(costs.iter().map(RefcountCost::table));
    if !notes.is_empty() {
        notes.push(text!(
            "시그널 핸들러도 eval breaker에서 호출됩니다. 시그널을 처리한 위치는 GIL을 넘길 수 있는 위치입니다.",
            "Signal handlers are called at the eval breaker too: where a signal is handled, the GIL can be handed over."
        ));
    }
    report.notes.extend(notes);
    report.notes.extend(explanations(interval));
    report.shows = shows(&cases, &costs);
    Ok(report)
}

/// The verdicts, on the model of 3.13 and later.
fn verdicts(cases: &[Case], traces: &[Trace]) -> Vec<Verdict> {
    let on = format!("Rust + GIL {}", Version::Py313.name());
    let peak = traces.iter().map(|trace| trace.peak_in_flight(&[State::Running])).max().unwrap_or(0);
    let evidence = text!("동시에 실행된 스레드 최대 {peak}개", "at most {peak} running at once");
    let lost = lost(cases, "call", Version::Py313);
    // Whether it may happen is what the search over all orders has found; whether it did is luck.
    let (all, losing) = case(cases, "call", Version::Py313).map_or((0, 0), Case::orders);
    let Text { ko, en } = twin::evidence(lost);
    let may = text!("순서 {all}개 중 {losing}개에서 유실; {ko}", "{losing} of {all} orders lose; {en}");
    vec![Verdict::seen(ONE, &on, peak <= 1, evidence), Verdict::seen(LOST, &on, losing > 0, may)]
}

fn lost<'a>(cases: &'a [Case], id: &str, version: Version) -> &'a [f64] {
    case(cases, id, version).map_or(&[], |case| &case.lost)
}

fn case<'a>(cases: &'a [Case], id: &str, version: Version) -> Option<&'a Case> {
    cases.iter().find(|case| case.id == id && case.version == version)
}

fn explanations(interval: Duration) -> Vec<Text> {
    let us = interval.as_micros();
    vec![
        text!(
            "실행 중인 스레드는 ●에서만 GIL을 넘깁니다. 3.9까지는 읽기(LoadGlobal)와 쓰기(StoreGlobal) 사이에 ●가 있고, 3.10부터는 없습니다. 그 사이에서 함수를 호출하면 호출된 함수의 시작 위치(Resume)에 ●가 있어 갱신이 다시 유실됩니다.",
            "A running thread hands over the GIL only at a ●. Up to 3.9 there is one between load (LoadGlobal) and store (StoreGlobal), from 3.10 on there is none. A call in between adds one again, at the start (Resume) of the called function."
        ),
        text!(
            "순서는 두 스레드가 ●에서만 전환될 때 가능한 모든 실행 순서를 시험해 센 것입니다(스레드마다 갱신 한 번). 그 비율은 확률이 아닙니다. 유실된 갱신은 실제 스레드를 전환 간격 {us} µs로 실행한 결과이며, 2.7은 시간 간격이 아니라 100틱마다 GIL을 넘깁니다.",
            "Orders: every order in which two threads can run if they switch only at a ● was tried and counted (one update per thread); their share is not a probability. Lost updates are those of real threads with a switch interval of {us} µs; 2.7 hands over every 100 ticks instead."
        ),
        text!(
            "락이 없는 3.13t에서는 다른 스레드가 어느 명령 사이에나 끼어들 수 있습니다. 그래서 공유 객체의 참조 카운트를 바꿀 때마다 원자적 연산이 하나 필요하고, 여러 코어가 같은 객체를 쓰면 그 비용이 더 커집니다. 락도 원자적 연산도 없으면 카운트가 틀릴 수 있습니다(표의 마지막 줄). CPython은 불멸 객체(immortal object)와 편향 참조 카운팅(biased reference counting)으로 원자적 연산을 줄이므로, 여기 나온 것은 가장 단순한 방법의 비용입니다.",
            "3.13t has no lock: another thread may come in between any two instructions. So each change of a shared object's reference count needs an atomic operation, which costs more if several cores use the same object; with neither a lock nor atomic operations, counts may go wrong (last rows). CPython avoids many of these operations (immortal objects, biased reference counts), so this is the cost of the simplest method."
        ),
    ]
}

/// What may be lost is what the search over all orders has found; a race that lost nothing proves nothing.
fn shows(cases: &[Case], costs: &[RefcountCost]) -> Text {
    let word = |id, version| {
        let losing = case(cases, id, version).map_or(0, |case| case.orders().1);
        let most = lost(cases, id, version).iter().copied().fold(0.0, f64::max);
        let share = unit::value(most, Unit::Share);
        match losing {
            0 => text!("유실되지 않습니다", "cannot lose any"),
            _ if most == 0.0 => text!("유실될 수 있습니다(이번 실행에서는 없음)", "may lose some (none seen here)"),
            _ => text!("유실될 수 있습니다(이번 실행에서 최대 {share})", "may lose some (here up to {share})"),
        }
    };
    let (old, new, call) = (word("plain", Version::Py36), word("plain", Version::Py313), word("call", Version::Py313));
    let (before, now) = (Version::Py36.name(), Version::Py313.name());
    let price = match costs.first().and_then(RefcountCost::price).map(refcount_cost::times) {
        Some(times) => text!(
            "참조 카운트를 원자적으로 바꾸면 스레드 하나가 명령 하나를 실행하는 시간이 {times}가 됩니다.",
            "With atomic reference counts an instruction of a single thread takes {times} as long."
        ),
        None => text!(
            "원자적 카운트의 비용은 이번 측정으로 알 수 없습니다.",
            "What atomic reference counts cost could not be told from this run."
        ),
    };
    Text {
        ko: format!(
            "counter += 1의 갱신은 {before}의 규칙으로는 {}. {now}의 규칙으로는 {}. 읽기와 쓰기 사이에 호출이 있으면 {now}에서도 {}. {}",
            old.ko, new.ko, call.ko, price.ko
        ),
        en: format!(
            "Of the updates of counter += 1, {before} {}, {now} {}; with a call in between, {now} {}. {}",
            old.en, new.en, call.en, price.en
        ),
    }
}
