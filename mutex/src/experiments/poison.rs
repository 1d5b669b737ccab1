//! A panic in the critical section: the data is left half changed. What does the lock tell the next one who comes?
//!
//! std's mutex is poisoned: it refuses, until somebody says that the data is whole again. parking_lot's, like Python's
//! `threading.Lock`, says nothing. Neither repairs the data.
//!
//! Article: 뮤텍스(Mutex). Run: `cargo run -p mutex -- poison`. Python twin: `python/poison.py`.

use std::panic;
use std::sync::{Mutex, PoisonError};
use std::thread;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::{Measure, Report, Table};
use lab::{Result, text, twin_script};

use crate::outcomes::Class::{Acceptable, Forbidden, Interesting};
use crate::outcomes::{self, Outcome, Tally};

/// Two accounts. Together they hold [`TOTAL`], before and after every transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Books {
    pub left: i64,
    pub right: i64,
}

/// What both accounts hold together.
pub const TOTAL: i64 = 100;

const AMOUNT: i64 = 40;

impl Books {
    /// Everything is in the left account.
    pub const fn new() -> Books {
        Books { left: TOTAL, right: 0 }
    }

    fn whole(self) -> bool {
        self.left + self.right == TOTAL
    }
}

impl Default for Books {
    fn default() -> Books {
        Books::new()
    }
}

/// Unwinds as a panic does, but says nothing on standard error: this one is on purpose.
fn fails() {
    panic::resume_unwind(Box::new("the bank is on fire"));
}

// ANCHOR: broken
/// Broken: the step between may panic, and then the money is in neither account.
pub fn transfer(books: &mut Books) {
    books.left -= AMOUNT;
    fails();
    books.right += AMOUNT;
}
// ANCHOR_END: broken

// ANCHOR: fixed
/// Fixed: everything that can fail comes first; the change itself is one assignment.
pub fn transfer_at_once(books: &mut Books) {
    let after = Books { left: books.left - AMOUNT, right: books.right + AMOUNT };
    fails();
    *books = after;
}
// ANCHOR_END: fixed

const REFUSED: Outcome = Outcome {
    id: "refused",
    class: Acceptable,
    name: || text!("접근 거부", "refused"),
    why: || text!("락이 포이즌 상태가 됨(PoisonError)", "the lock is poisoned (PoisonError)"),
};
const HALF: Outcome = Outcome {
    id: "half",
    class: Interesting,
    name: || text!("일부만 변경된 데이터", "half changed"),
    why: || text!("락은 풀렸고 오류가 보고되지 않음", "the lock was free and reported no error"),
};
const WHOLE: Outcome = Outcome {
    id: "whole",
    class: Acceptable,
    name: || text!("온전한 데이터", "intact"),
    why: || text!("합이 그대로임", "the sum is right"),
};
const NEVER_HALF: Outcome = Outcome {
    class: Forbidden,
    why: || text!("복구했거나 중간 상태를 남기지 않음", "repaired, or never half changed"),
    ..HALF
};

const REFUSES: &[Outcome] = &[
    REFUSED,
    Outcome {
        why: || text!("데이터를 읽기 전에 거부됨", "refused before anyone sees the data"), ..NEVER_HALF
    },
];
const SILENT: &[Outcome] = &[HALF];
const KEPT: &[Outcome] = &[WHOLE, NEVER_HALF];

/// Lets a thread panic in the middle of its work on the books.
fn dies_with(work: impl FnOnce() + Send) {
    thread::scope(|scope| {
        let died = scope.spawn(work).join();
        assert!(died.is_err(), "it panics on purpose");
    });
}

fn seen(books: Books) -> &'static str {
    if books.whole() { "whole" } else { "half" }
}

/// The next one asks whether the lock is poisoned, as `lock().unwrap()` does.
fn std_mutex(transfer: fn(&mut Books)) -> &'static str {
    let books = Mutex::new(Books::new());
    dies_with(|| transfer(&mut books.lock().expect("nobody has panicked yet")));
    books.lock().map_or("refused", |books| seen(*books))
}

/// The next one ignores the poison: `into_inner` opens a poisoned lock.
fn std_into_inner(transfer: fn(&mut Books)) -> &'static str {
    let books = Mutex::new(Books::new());
    dies_with(|| transfer(&mut books.lock().expect("nobody has panicked yet")));
    seen(*books.lock().unwrap_or_else(PoisonError::into_inner))
}

// ANCHOR: repaired
/// The next one repairs the data and clears the poison.
fn std_repaired(transfer: fn(&mut Books)) -> &'static str {
    let books = Mutex::new(Books::new());
    dies_with(|| transfer(&mut books.lock().expect("nobody has panicked yet")));
    let mut held = books.lock().unwrap_or_else(|poisoned| {
        let mut held = poisoned.into_inner();
        held.right = TOTAL - held.left;
        books.clear_poison();
        held
    });
    held.left -= 1;
    held.right += 1;
    drop(held);
    books.lock().map_or("refused", |books| seen(*books))
}
// ANCHOR_END: repaired

/// There is no poison.
fn parking_lot(transfer: fn(&mut Books)) -> &'static str {
    let books = parking_lot::Mutex::new(Books::new());
    dies_with(|| transfer(&mut books.lock()));
    seen(*books.lock())
}

type Next = fn(fn(&mut Books)) -> &'static str;
/// A variant: its name, what may come out, what the next one does, and the transfer that panics.
type Case = (&'static str, &'static [Outcome], Next, fn(&mut Books));

/// What each lock shows to the next one after a panic.
pub fn tallies() -> Vec<Tally> {
    let cases: [Case; 6] = [
        ("std_mutex", REFUSES, std_mutex, transfer),
        ("std_into_inner", SILENT, std_into_inner, transfer),
        ("std_repaired", KEPT, std_repaired, transfer),
        ("parking_lot_mutex", SILENT, parking_lot, transfer),
        ("std_at_once", KEPT, std_into_inner, transfer_at_once),
        ("parking_lot_at_once", KEPT, parking_lot, transfer_at_once),
    ];
    let one = |(name, lines, next, transfer): Case| {
        let mut tally = Tally::new(name, lines);
        tally.add(next(transfer), 1);
        tally
    };
    cases.into_iter().map(one).collect()
}

/// The claim's id in the ledger.
const CLAIM: &str = "panic-leaves-half-changed";

/// The verdict by how often the next one found the data half changed.
fn judge(on: &str, half: f64) -> Verdict {
    let evidence = text!(
        "다음 스레드가 일부만 변경된 데이터를 본 횟수: {half}",
        "times that the next thread found the data half changed: {half}"
    );
    Verdict::seen_once(CLAIM, on, half > 0.0, evidence)
}

/// What the twin saw, a row for each interpreter and form.
fn by_python(report: &Report, pythons: &[Interpreter]) -> Option<Table> {
    let half = |id: &str, python: &Interpreter| report.measure(&python.measure_id(id)).map(|m| m.median() > 0.0);
    let row = |python: &Interpreter, id: &str, code: &str| {
        let what = if half(id, python)? { (HALF.name)() } else { (WHOLE.name)() };
        Some(vec![Text::same(python.to_string()), Text::same(code), what])
    };
    let forms = [("half.in_two", "a -= 40; fails(); b += 40"), ("half.at_once", "a, b = after")];
    let rows: Vec<_> =
        pythons.iter().flat_map(|p| forms.iter().filter_map(move |(id, code)| row(p, id, code))).collect();
    (!rows.is_empty()).then(|| Table {
        title: text!("파이썬: with lock 안에서 예외가 난 뒤", "Python: after an exception inside `with lock`"),
        head: vec![
            text!("인터프리터", "interpreter"),
            text!("코드", "code"),
            text!("다음 스레드가 보는 것", "next thread sees"),
        ],
        rows,
    })
}

/// `cargo run -p mutex -- poison`.
pub fn command() -> Experiment {
    let about = text!(
        "임계 구역에서의 패닉: 다음 스레드가 보는 것",
        "a panic in a critical section: what the next thread sees"
    );
    Experiment::new("poison", about, Options::new(), |a| run(a.pythons()))
}

/// Lets every lock go through the panic of a thread that holds it.
pub fn run(pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("mutex/poison");
    let tallies = tallies();
    tallies.iter().try_for_each(Tally::check)?;
    report.tables.push(outcomes::table(
        text!(
            "한 스레드가 임계 구역에서 패닉한 뒤 다음 스레드가 보는 것",
            "a thread panics in the critical section: what the next thread sees"
        ),
        &tallies,
    ));
    report.measures = tallies.iter().flat_map(Tally::measures).collect();
    report.measures_in_tables = true;
    let half: u64 = tallies.iter().map(|tally| tally.seen("half")).sum();
    report.verdicts.push(judge("Rust", half as f64));
    python::join(&mut report, pythons, twin_script!("poison"), &[], &[CLAIM], |python, twin| {
        let half = twin.measure("half.in_two").map(Measure::median);
        half.map(|half| judge(&python.to_string(), half)).into_iter().collect()
    });
    report.tables.extend(by_python(&report, pythons));
    report.notes = vec![
        text!(
            "포이즌은 데이터를 복구하지 않습니다. 일부만 변경되었을 수 있다고 알릴 뿐입니다. 파이썬의 `with lock:`은 예외가 나면 락을 해제하고, parking_lot처럼 아무것도 알리지 않습니다.",
            "Poisoning repairs nothing; it only says that the data may be half changed. Python's `with lock:` releases the lock when an exception passes and, like parking_lot, reports nothing."
        ),
        text!(
            "어느 락에나 통하는 해법이 있습니다. 실패할 수 있는 작업을 먼저 모두 끝내고, 데이터는 마지막에 한꺼번에 변경합니다.",
            "One remedy works with every lock: first do everything that can fail, then make the whole change at once, at the end."
        ),
    ];
    let (asked, told) = (tallies.len(), tallies.iter().map(|tally| tally.seen("refused")).sum::<u64>());
    report.shows = text!(
        "같은 패닉 뒤에 {asked}가지 방식 가운데 {told}가지는 다음 스레드의 접근을 막았고, {half}가지는 일부만 변경된 데이터를 경고 없이 넘겨주었습니다.",
        "After the same panic, {told} of {asked} variants stopped the next thread, and {half} gave it half-changed data without a warning."
    );
    Ok(report)
}
