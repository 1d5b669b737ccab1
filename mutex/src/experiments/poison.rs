//! A panic in the critical section: the data is left half changed. What does the lock tell the next one who comes?
//!
//! std's mutex is poisoned: it refuses, until somebody says that the data is whole again. parking_lot's, like Python's
//! `threading.Lock`, says nothing. Neither repairs the data.
//!
//! Article: 뮤텍스(Mutex). Run: `cargo run -p mutex -- poison`. Python twin: `python/poison.py`.

use std::panic;
use std::sync::{Mutex, PoisonError};
use std::thread;

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::{Report, Table};
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
    name: || text!("거절됨", "refused"),
    why: || text!("락이 포이즌 상태가 됨(PoisonError)", "the lock is poisoned (PoisonError)"),
};
const HALF: Outcome = Outcome {
    id: "half",
    class: Interesting,
    name: || text!("반쪽 데이터", "half changed"),
    why: || text!("락은 풀렸고 아무 말이 없음", "the lock was free and said nothing"),
};
const WHOLE: Outcome = Outcome {
    id: "whole",
    class: Acceptable,
    name: || text!("온전한 데이터", "whole"),
    why: || text!("합이 그대로임", "the sum is right"),
};
const NEVER_HALF: Outcome =
    Outcome {
        class: Forbidden, why: || text!("고쳤거나 애초에 갈라지지 않음", "repaired, or never torn"), ..HALF
    };

const REFUSES: &[Outcome] =
    &[REFUSED, Outcome { why: || text!("보기 전에 거절됨", "refused before anybody sees it"), ..NEVER_HALF }];
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
            text!("다음 스레드가 봄", "next one sees"),
        ],
        rows,
    })
}

/// `cargo run -p mutex -- poison`.
pub fn command() -> Experiment {
    let about = text!("임계 구역에서의 패닉: 다음 스레드가 보는 것", "a panic inside: what the next one sees");
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
            "a thread panics in the critical section: what the next one sees"
        ),
        &tallies,
    ));
    report.measures = tallies.iter().flat_map(Tally::measures).collect();
    report.measures_in_tables = true;
    python::join(&mut report, pythons, twin_script!("poison"), &[], &[], |_, _| Vec::new());
    report.tables.extend(by_python(&report, pythons));
    report.notes = vec![
        text!(
            "독은 데이터를 고치지 않습니다. 반쪽일 수 있다고 알릴 뿐입니다. 파이썬의 `with lock:`은 예외가 나면 락을 놓고, parking_lot처럼 아무것도 알리지 않습니다.",
            "Poison repairs nothing; it says that the data may be torn. Python's `with lock:` lets go when an exception passes and, like parking_lot, says nothing."
        ),
        text!(
            "어느 락에서나 통하는 해법은 하나입니다. 실패할 수 있는 일을 먼저 다 하고, 고치는 일은 마지막에 한 번에 합니다.",
            "One remedy works with every lock: do first whatever can fail, and make the change itself at the end, at once."
        ),
    ];
    let (asked, told) = (tallies.len(), tallies.iter().map(|tally| tally.seen("refused")).sum::<u64>());
    let half: u64 = tallies.iter().map(|tally| tally.seen("half")).sum();
    report.shows = text!(
        "같은 패닉 뒤 {asked}가지 방식 가운데 {told}가지가 다음 스레드를 막았고, {half}가지는 반쪽 데이터를 아무 말 없이 내주었습니다.",
        "After the same panic, {told} of {asked} variants stopped the next thread, and {half} gave it half-changed data without a word."
    );
    Ok(report)
}
