//! The GIL is not your lock: check, then act, and between the two another thread has acted.
//!
//! A shop with one piece in stock: `if` there is one, sell it, else fetch one; and write it down. Two variables belong together.
//! From 3.10 on each statement alone loses nothing; together they sell what is not there, because the check is over before the
//! act begins. It runs on gil-sim's interpreter under the lock of each version, in all orders and for real, and on CPython.
//!
//! Article: 뮤텍스(Mutex). Run: `cargo run -p mutex -- gil-is-not-your-lock`. Python twin: `python/gil_lock.py`.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use gil_sim::ThreadId;
use gil_sim::vm::code::{Code, Global, Native, Op, Program, Value};
use gil_sim::vm::explore::{self, Ends};
use gil_sim::vm::heap::{Counting, Heap};
use gil_sim::vm::run::Interpreter as Vm;
use gil_sim::vm::version::Version;
use lab::claims::Verdict;
use lab::lang::Text;
use lab::report::{Measure, Report, Table, Unit};
use lab::trace::{State, Trace};
use lab::twin::{self, Interpreter};
use lab::{Error, Result, show, stats, text, twin_script};

use crate::drawn::drawn;
use crate::together::together;
use crate::{twins, verdicts};

/// A program of the shop, by its name in measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shop {
    /// Broken: nothing ties the check to the act.
    Gil,
    /// Fixed: a lock of the program's own around both.
    Locked,
}

const STOCK: usize = 0;
const BOOKS: usize = 1;
const RANGE: usize = 2;
const CHECK: usize = 3;
const ACQUIRE: usize = 4;
const RELEASE: usize = 5;
const LOOK: usize = 6;

impl Shop {
    /// Its name in tables and measurements.
    pub fn name(self) -> &'static str {
        match self {
            Shop::Gil => "gil_only",
            Shop::Locked => "own_lock",
        }
    }
}

// ANCHOR: program
/// The shop as bytecode. `check` says -1 (sell) if there is one, else 1 (fetch); `look` counts how often the stock is below zero.
/// In the locked shop all of it is inside.
///
/// ```python
/// for _ in range(n):
///     k = check(stock)
///     stock += k
///     books += k
///     look(stock)
/// ```
pub fn program(shop: Shop, below: Arc<AtomicU64>) -> Program {
    let [n, turn, k] = [0, 1, 2];
    let call = |what, argument| [Op::LoadGlobal(what), argument, Op::Call(1)];
    let act = |what| [Op::LoadGlobal(what), Op::LoadFast(k), Op::Add, Op::StoreGlobal(what)];
    let check = [&call(CHECK, Op::LoadGlobal(STOCK))[..], &[Op::StoreFast(k)]].concat();
    let look = [&call(LOOK, Op::LoadGlobal(STOCK))[..], &[Op::PopTop]].concat();
    let trade = [&check[..], &act(STOCK), &act(BOOKS), &look].concat();
    let lock = |what| [&call(what, Op::LoadConst(1))[..], &[Op::PopTop]].concat();
    let body = match shop {
        Shop::Gil => trade,
        Shop::Locked => [lock(ACQUIRE), trade, lock(RELEASE)].concat(),
    };
    let mut ops = vec![Op::Resume, Op::LoadGlobal(RANGE), Op::LoadFast(n), Op::Call(1), Op::GetIter];
    let start = ops.len();
    ops.extend([Op::ForIter(start + body.len() + 3), Op::StoreFast(turn)]);
    ops.extend(body);
    ops.extend([Op::JumpBackward(start), Op::LoadConst(0), Op::Return]);
    with_globals(Code { name: "trade", parameters: 1, locals: vec!["n", "_", "k"], ops }, below)
}
// ANCHOR_END: program

fn with_globals(code: Code, below: Arc<AtomicU64>) -> Program {
    let (acquire, release) = lock();
    let global = |name, start| Global { name, start };
    Program {
        source: "k = check(stock); stock += k; books += k",
        functions: vec![code],
        globals: vec![
            global("stock", Value::Int(IN_STOCK)),
            global("books", Value::Int(0)),
            global("range", Value::RangeType),
            global("check", Value::Native(0)),
            global("acquire", Value::Native(1)),
            global("release", Value::Native(2)),
            global("look", Value::Native(3)),
        ],
        consts: vec![Value::None, Value::Int(0)],
        natives: vec![check_stock(), acquire, release, look(below)],
    }
}

/// The check is a function in C that keeps the GIL. After any call there is a place where the GIL may be handed over.
fn check_stock() -> Native {
    let work = |stock: i64| if stock > 0 { -1 } else { 1 };
    Native { name: "check", lets_go: false, state: State::Running, work: Arc::new(work) }
}

fn look(below: Arc<AtomicU64>) -> Native {
    let work = move |stock: i64| {
        below.fetch_add(u64::from(stock < 0), Relaxed);
        0
    };
    Native { name: "look", lets_go: false, state: State::Running, work: Arc::new(work) }
}

/// `threading.Lock`: whoever waits for it has let go of the GIL.
fn lock() -> (Native, Native) {
    let lock = Arc::new((Mutex::new(false), Condvar::new()));
    let same = Arc::clone(&lock);
    let acquire = move |_| {
        let (held, freed) = &*lock;
        let mut held = held.lock().expect("nobody panics with it");
        while *held {
            held = freed.wait(held).expect("nobody panics with it");
        }
        *held = true;
        0
    };
    let release = move |_| {
        let (held, freed) = &*same;
        *held.lock().expect("nobody panics with it") = false;
        freed.notify_one();
        0
    };
    (
        Native { name: "acquire", lets_go: true, state: State::WaitingForLock, work: Arc::new(acquire) },
        Native { name: "release", lets_go: false, state: State::Running, work: Arc::new(release) },
    )
}

/// Where two threads that trade once each can leave the stock, in every order that the version allows: one sells, the other
/// fetches, so it must be what it was.
pub fn orders(version: Version) -> Ends {
    explore::ends(&program(Shop::Gil, Arc::default()), version, 2, 1)
}

/// How one run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Trades in which the stock was seen below zero: sold without having it.
    pub below: u64,
    /// What stock and books differ by at the end.
    pub differ: u64,
}

impl Day {
    /// All that went wrong.
    pub fn wrong(self) -> u64 {
        self.below + self.differ
    }
}

/// So many threads trade so often.
pub fn day(shop: Shop, version: Version, threads: usize, trades: u64, interval: Duration) -> Result<Day> {
    let below = Arc::<AtomicU64>::default();
    let program = program(shop, Arc::clone(&below));
    let counting = if version == Version::Free { Counting::Atomic } else { Counting::Plain };
    let (heap, lock) = (Heap::of(&program, counting), version.lock(interval));
    let vm = Vm { program: &program, heap: &heap, lock: &*lock, version };
    together(threads, |n| {
        vm.run(ThreadId(n as u64 + 1), trades as i64, &mut ());
    })?;
    let differ = (heap.number(STOCK) - heap.number(BOOKS)).abs_diff(IN_STOCK);
    Ok(Day { below: below.load(Relaxed), differ })
}

/// Runs of one shop under one version.
#[derive(Debug)]
struct Case {
    shop: Shop,
    version: Version,
    /// Of a million trades, how many went wrong, in each run.
    wrong: Vec<f64>,
}

/// Every trade is about the last one.
const IN_STOCK: i64 = 1;
const REPEATS: usize = 3;
const INTERVAL: Duration = Duration::from_micros(5);

/// Both shops under every version, and on every interpreter.
pub fn run(threads: usize, trades: u64, pythons: &[Interpreter]) -> Result<Report> {
    let interval = INTERVAL;
    let shops = Version::ALL.into_iter().flat_map(|version| [(Shop::Gil, version), (Shop::Locked, version)]);
    let mut cases: Vec<Case> = shops.map(|(shop, version)| Case { shop, version, wrong: Vec::new() }).collect();
    for _ in 0..REPEATS {
        for case in &mut cases {
            let day = day(case.shop, case.version, threads, trades, interval)?;
            check(case.shop, case.version, day)?;
            case.wrong.push(day.wrong() as f64 / (threads as u64 * trades) as f64 * 1e6);
        }
    }
    let mut report = Report::new("mutex/gil-is-not-your-lock");
    report.traces = vec![pictured(Shop::Gil)?, pictured(Shop::Locked)?];
    report.measures = cases.iter().map(measure).collect();
    report.verdicts = cases.iter().filter(|case| case.version == Version::Py313).map(verdict).collect();
    let args = [threads.to_string(), trades.to_string()];
    let claims = [verdicts::KEPT, verdicts::LOST];
    twin::join(&mut report, pythons, twin_script!("gil_lock"), &args, &claims, judge);
    report.tables = vec![table(&cases), python_table(&report, pythons)];
    report.tables.retain(|table| !table.rows.is_empty());
    report.measures_in_tables = true;
    report.notes.extend(notes(threads, trades));
    report.shows = shows(&cases, threads);
    Ok(report)
}

/// Two threads under the lock of 3.13: one at a time, and still wrong.
pub fn pictured(shop: Shop) -> Result<Trace> {
    let below = Arc::<AtomicU64>::default();
    let program = program(shop, Arc::clone(&below));
    let (heap, lock) = (Heap::of(&program, Counting::Plain), Version::Py313.lock(Duration::from_micros(50)));
    let vm = Vm { program: &program, heap: &heap, lock: &*lock, version: Version::Py313 };
    let names = (0..2).map(|i| text!("스레드 {i}", "Thread {i}")).collect();
    let name = shop.name();
    let title = text!("Rust + GIL 3.13, {name}: 200번씩 거래", "Rust + GIL 3.13, {name}: 200 trades each");
    let (trace, _) = drawn(title, names, |n, lane| vm.run(ThreadId(n as u64 + 1), 200, lane))?;
    Ok(trace)
}

/// Nothing, or the failure of a shop whose own lock did not keep it whole.
pub fn check(shop: Shop, version: Version, day: Day) -> Result<()> {
    let (version, wrong) = (version.name(), day.wrong());
    if shop == Shop::Gil || wrong == 0 {
        return Ok(());
    }
    Err(Error::failed(text!(
        "{version}: 자기 락을 쥔 가게에서 거래 {wrong}번이 틀렸습니다. 있어서는 안 되는 일입니다.",
        "{version}: {wrong} trades of the shop with a lock of its own went wrong, which is forbidden."
    )))
}

fn measure(case: &Case) -> Measure {
    let (shop, version) = (case.shop.name(), case.version.name());
    let name = text!("{version}, {shop}: 백만 번에 틀린 거래", "{version}, {shop}: wrong trades in a million");
    Measure::new(format!("wrong.{shop}.{version}"), name, Unit::Count, case.wrong.clone())
}

fn verdict(case: &Case) -> Verdict {
    let on = format!("Rust + GIL {}, {}", case.version.name(), case.shop.name());
    judged(case.shop, on, &case.wrong)
}

fn judged(shop: Shop, on: String, wrong: &[f64]) -> Verdict {
    let any = wrong.iter().any(|share| *share > 0.0);
    let evidence = seen(wrong);
    match shop {
        Shop::Gil => Verdict::seen(verdicts::LOST, on, any, evidence),
        Shop::Locked => Verdict::seen(verdicts::KEPT, on, !any, evidence),
    }
}

/// Of all runs the median.
fn seen(wrong: &[f64]) -> Text {
    let wrong = show::value(stats::median(wrong).unwrap_or(f64::NAN), Unit::Count);
    text!("거래 백만 번에 {wrong}번 틀림", "{wrong} trades in a million went wrong")
}

fn judge(python: &Interpreter, twin: &Report) -> Vec<Verdict> {
    let one = |shop: Shop| {
        let (on, id) = (format!("{python}, {}", shop.name()), format!("wrong.{}", shop.name()));
        let Some(wrong) = twin.measure(&id) else {
            let claim = if shop == Shop::Gil { verdicts::LOST } else { verdicts::KEPT };
            return Verdict::not_measured(claim, on, text!("쌍둥이가 재지 않았습니다", "the twin did not measure it"));
        };
        judged(shop, on, &wrong.samples)
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
        let wrong = show::value(wrong as f64 / all as f64, Unit::Share);
        let first = [version.name().to_owned(), all.to_string(), wrong].map(Text::same);
        first.into_iter().chain([of(Shop::Gil, version), of(Shop::Locked, version)]).collect()
    };
    Table {
        title: text!(
            "두 스레드가 한 번씩 거래하는 모든 순서, 그리고 실제로 틀린 거래(백만 번에)",
            "all orders of two threads that trade once; and wrong trades in a million"
        ),
        head: vec![
            Text::same("GIL"),
            text!("순서", "orders"),
            text!("틀리는 순서", "that go wrong"),
            text!("GIL만", "GIL only"),
            text!("자기 락", "own lock"),
        ],
        rows: Version::ALL.into_iter().map(row).collect(),
    }
}

fn median(wrong: Option<&[f64]>) -> Text {
    let median = wrong.and_then(stats::median);
    median.map_or_else(|| text!("측정하지 않음", "not measured"), |median| Text::same(show::value(median, Unit::Count)))
}

/// The twin's forms, by their names in measurements.
const FORMS: [(&str, &str); 3] =
    [("straight", "if stock > 0: …"), ("gil_only", "if check(stock): …"), ("own_lock", "with lock: if …")];

fn python_table(report: &Report, pythons: &[Interpreter]) -> Table {
    let cell = |python: &Interpreter, id: &str| {
        median(twins::measure(report, python, &format!("wrong.{id}")).map(|m| &m.samples[..]))
    };
    let row = |python: &Interpreter| {
        [Text::same(python.to_string())].into_iter().chain(FORMS.iter().map(|(id, _)| cell(python, id))).collect()
    };
    let codes = FORMS.iter().map(|(_, code)| Text::same(*code));
    Table {
        title: text!("파이썬: 백만 번에 틀린 거래", "Python: wrong trades in a million"),
        head: [text!("인터프리터", "interpreter")].into_iter().chain(codes).collect(),
        rows: pythons.iter().map(row).collect(),
    }
}

fn notes(threads: usize, trades: u64) -> Vec<Text> {
    vec![
        text!(
            "스레드 {threads}개가 {trades}번씩 거래합니다. 재고가 있으면 하나 팔고 없으면 하나 들여오며, 장부에도 같은 수를 적습니다. 재고가 0 아래로 보이거나, 끝에 재고와 장부가 어긋나면 틀린 거래입니다. 전환 간격은 5 µs입니다.",
            "{threads} threads trade {trades} times each: sell one if there is one, else fetch one, and write the same into the books. A trade went wrong if the stock is seen below zero, or by as much as stock and books differ at the end. The switch interval is 5 µs."
        ),
        text!(
            "3.10부터 `stock += k`나 `books += k` 하나하나는 갱신을 잃지 않습니다. 그래도 `check`가 돌아온 직후 GIL이 넘어가면, 확인한 것은 이미 지난 일입니다. 호출 없이 `if stock > 0:`이라고 쓰면 3.10부터는 우연히 맞지만, 거기에 로그 한 줄만 넣어도 깨집니다.",
            "From 3.10 on neither `stock += k` nor `books += k` alone loses an update. But if the GIL goes elsewhere just after `check` has returned, what was checked is over. Written without a call, `if stock > 0:` is right by accident from 3.10 on; one line of logging in it, and it breaks."
        ),
        text!(
            "순서는 버전이 허락하는 모든 순서이고, 그 비율은 확률이 아닙니다. 자기 락을 쥔 가게는 기다림이 있어 순서로 세지 않고 실제로만 돌립니다.",
            "Orders: all orders that a version allows; their share is no probability. The shop with a lock of its own waits, so it is run and not counted by orders."
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
        "한 번에 한 스레드만 실행하는 3.13의 GIL 아래에서도 스레드 {threads}개의 거래는 백만 번에 {wrong}번 틀렸습니다. 자기 락으로 감싸면 {kept}번입니다.",
        "Under 3.13's GIL, which lets one thread run at a time, {wrong} in a million trades of {threads} threads went wrong; with a lock of their own, {kept}."
    )
}
