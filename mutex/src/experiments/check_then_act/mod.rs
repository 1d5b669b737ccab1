//! The GIL is not your lock: check, then act, and between the two another thread has acted.
//!
//! A shop with one piece in stock: `if` there is one, sell it, else fetch one; and write it down. Two variables belong together.
//! From 3.10 on each statement alone loses nothing; together they sell what is not there, because the check is over before the
//! act begins. It runs on gil-sim's interpreter under the lock of each version, in all orders and for real, and on CPython.
//!
//! Article: 뮤텍스(Mutex). Run: `cargo run -p mutex -- check-then-act`. Python twin: `python/check_then_act.py`.

use gil_sim::vm::version::Version;
use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::{Result, stats, text, twin_script};

use crate::claims;

pub mod program;
use program::{IN_STOCK, Shop, check, day, orders, pictured};

/// Runs of one shop under one version.
#[derive(Debug)]
struct Case {
    shop: Shop,
    version: Version,
    /// The share of trades that went wrong in each run.
    wrong: Vec<f64>,
}

const REPEATS: usize = 3;

/// `cargo run -p mutex -- check-then-act`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let threads = options.threads(2..=64, 4);
    let about = text!("스레드마다 거래 횟수", "trades of each thread");
    let trades = options.count("trades", 1..=1_000_000, 200, about);
    let about = text!("GIL 아래의 확인 후 행동(check-then-act)", "check-then-act under the GIL");
    Experiment::new("check-then-act", about, options, move |a| run(a.get(threads), a.get(trades), a.pythons()))
}

/// Both shops under every version, and on every interpreter.
pub fn run(threads: usize, trades: u64, pythons: &[Interpreter]) -> Result<Report> {
    let shops = Version::ALL.into_iter().flat_map(|version| [(Shop::Gil, version), (Shop::Locked, version)]);
    let mut cases: Vec<Case> = shops.map(|(shop, version)| Case { shop, version, wrong: Vec::new() }).collect();
    for _ in 0..REPEATS {
        for case in &mut cases {
            let day = day(case.shop, case.version, threads, trades)?;
            check(case.shop, case.version, day)?;
            case.wrong.push(day.wrong() as f64 / (threads as u64 * trades) as f64);
        }
    }
    let mut report = Report::new("mutex/check-then-act");
    report.traces = vec![pictured(Shop::Gil)?, pictured(Shop::Locked)?];
    report.measures = cases.iter().map(measure).collect();
    report.verdicts = cases.iter().filter(|case| case.version == Version::Py313).map(verdict).collect();
    let args = [threads.to_string(), trades.to_string()];
    let claims = [claims::KEPT, claims::LOST];
    python::join(&mut report, pythons, twin_script!("check_then_act"), &args, &claims, judge);
    report.tables = vec![table(&cases), python_table(&report, pythons)];
    report.tables.retain(|table| !table.rows.is_empty());
    report.measures_in_tables = true;
    report.notes.extend(notes(threads, trades));
    report.shows = shows(&cases, threads);
    Ok(report)
}

fn measure(case: &Case) -> Measure {
    let (shop, version) = (case.shop.name(), case.version.name());
    let Text { ko, en } = case.shop.words();
    let name = text!("{version}, {ko}: 잘못된 거래", "{version}, {en}: trades that went wrong");
    Measure::new(format!("wrong.{shop}.{version}"), name, Unit::Share, case.wrong.clone())
}

fn verdict(case: &Case) -> Verdict {
    judged(case.shop, &format!("Rust + GIL {}", case.version.name()), &case.wrong)
}

/// What a verdict is on: this program, on the judge.
fn on(judge: &str, shop: Shop) -> Text {
    let Text { ko, en } = shop.words();
    text!("{judge}, {ko}", "{judge}, {en}")
}

fn judged(shop: Shop, judge: &str, wrong: &[f64]) -> Verdict {
    let on = on(judge, shop);
    let any = wrong.iter().any(|share| *share > 0.0);
    let evidence = match (shop, any) {
        (Shop::Gil, false) => text!(
            "이번 실행에서는 나타나지 않음(없다는 증명은 아님)",
            "none went wrong in this run; that does not prove that none can"
        ),
        _ => seen(wrong),
    };
    match shop {
        Shop::Gil => Verdict::seen_once(claims::LOST, on, any, evidence),
        Shop::Locked => Verdict::seen(claims::KEPT, on, !any, evidence),
    }
}

/// The median over all runs.
fn seen(wrong: &[f64]) -> Text {
    let wrong = unit::value(stats::median(wrong).unwrap_or(f64::NAN), Unit::Share);
    text!("거래의 {wrong}가 잘못됨", "{wrong} of trades went wrong")
}

fn judge(python: &Interpreter, twin: &Report) -> Vec<Verdict> {
    let one = |shop: Shop| {
        let (judge, id) = (python.to_string(), format!("wrong.{}", shop.name()));
        let Some(wrong) = twin.measure(&id) else {
            let claim = if shop == Shop::Gil { claims::LOST } else { claims::KEPT };
            return Verdict::not_measured(
                claim,
                on(&judge, shop),
                text!("파이썬 대응 프로그램이 측정하지 않았습니다", "the twin did not measure it"),
            );
        };
        judged(shop, &judge, &wrong.samples)
    };
    vec![one(Shop::Locked), one(Shop::Gil)]
}

fn table(cases: &[Case]) -> Table {
    let of = |shop, version| {
        let case = cases.iter().find(|case| case.shop == shop && case.version == version);
        median(case.map(|case| &case.wrong[..]))
    };
    let row = |version: Version| {
        let ends = orders(version);
        let all: u128 = ends.values().sum();
        let wrong = all - ends.get(&IN_STOCK).copied().unwrap_or(0);
        let wrong = unit::value(wrong as f64 / all as f64, Unit::Share);
        let first = [version.name().to_owned(), all.to_string(), wrong].map(Text::same);
        first.into_iter().chain([of(Shop::Gil, version), of(Shop::Locked, version)]).collect()
    };
    Table {
        title: text!(
            "두 스레드가 한 번씩 거래하는 모든 실행 순서와 실제로 잘못된 거래",
            "all orders of two threads that trade once; and trades that went wrong"
        ),
        head: vec![
            Text::same("GIL"),
            text!("순서", "orders"),
            text!("잘못되는 순서", "that go wrong"),
            Shop::Gil.words(),
            Shop::Locked.words(),
        ],
        rows: Version::ALL.into_iter().map(row).collect(),
    }
}

fn median(wrong: Option<&[f64]>) -> Text {
    let median = wrong.and_then(stats::median);
    median.map_or_else(|| text!("측정하지 않음", "not measured"), |median| Text::same(unit::value(median, Unit::Share)))
}

/// The twin's forms, by their names in measurements.
const FORMS: [(&str, &str); 3] =
    [("straight", "if stock > 0: …"), ("gil_only", "if check(stock): …"), ("own_lock", "with lock: if …")];

fn python_table(report: &Report, pythons: &[Interpreter]) -> Table {
    let cell = |python: &Interpreter, id: &str| {
        median(report.measure(&python.measure_id(&format!("wrong.{id}"))).map(|m| &m.samples[..]))
    };
    let row = |python: &Interpreter| {
        [Text::same(python.to_string())].into_iter().chain(FORMS.iter().map(|(id, _)| cell(python, id))).collect()
    };
    let codes = FORMS.iter().map(|(_, code)| Text::same(*code));
    Table {
        title: text!("파이썬: 잘못된 거래", "Python: trades that went wrong"),
        head: [text!("인터프리터", "interpreter")].into_iter().chain(codes).collect(),
        rows: pythons.iter().map(row).collect(),
    }
}

fn notes(threads: usize, trades: u64) -> Vec<Text> {
    vec![
        text!(
            "스레드 {threads}개가 {trades}번씩 거래합니다. 재고가 있으면 하나 팔고 없으면 하나 입고하며, 장부에도 같은 수를 기록합니다. 재고가 음수로 보이거나 마지막에 재고와 장부가 다르면 잘못된 거래로 셉니다. `check`는 창고에 조회하는 20 µs 동안 GIL을 해제합니다.",
            "{threads} threads make {trades} trades each: sell one if it is in stock, else buy one, and record the same in the books. Wrong trades: those that saw the stock below zero, and the difference between stock and books at the end. `check` asks the warehouse and releases the GIL for 20 µs meanwhile."
        ),
        text!(
            "3.10부터 `stock += k`나 `books += k` 각각에서는 갱신이 유실되지 않습니다. 그래도 확인과 행동 사이에 GIL이 넘어가면 확인한 결과는 더 이상 유효하지 않습니다. 블로킹 호출은 언제나 GIL을 해제하고, 그 밖의 호출 뒤에도 GIL이 넘어갈 수 있습니다. 호출 없이 쓴 `if stock > 0:`은 3.10부터 우연히 올바르게 동작하지만, 로그 한 줄만 넣어도 깨집니다.",
            "From 3.10 on neither `stock += k` nor `books += k` alone loses an update. But if the GIL is handed over between check and act, the check is no longer valid. A blocking call always releases the GIL, and after any other call it may be handed over too. Written without a call, `if stock > 0:` is correct by accident from 3.10 on; one line of logging breaks it."
        ),
        text!(
            "순서는 그 버전에서 가능한 모든 실행 순서이며, 그 비율은 확률이 아닙니다. 자체 락을 쓰는 가게에는 대기가 있어 순서를 세지 않고 실제로 실행만 합니다.",
            "Orders: all orders that a version allows; their share is not a probability. The shop with its own lock waits, so its orders are not counted; it is only run."
        ),
    ]
}

fn shows(cases: &[Case], threads: usize) -> Text {
    let of = |shop| {
        let of = cases.iter().find(|case| case.shop == shop && case.version == Version::Py313);
        median(of.map(|case| &case.wrong[..]))
    };
    let (wrong, kept) = (of(Shop::Gil).en, of(Shop::Locked).en);
    text!(
        "한 번에 한 스레드만 실행되는 3.13의 GIL 아래에서도 스레드 {threads}개의 거래 가운데 {wrong}가 잘못되었습니다. 자체 락으로 보호하면 {kept}입니다.",
        "Under 3.13's GIL, which lets one thread run at a time, {wrong} of the trades of {threads} threads went wrong; with their own lock, {kept}."
    )
}
