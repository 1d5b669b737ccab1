//! The forms of the update, and what is expected of each: data, before anything runs.

use lab::lang::Text;
use lab::python::Interpreter;
use lab::text;

use Expectation::{CorrectByAccident, MayLose, MustNotLose, Unknown};

/// Which rules an interpreter follows when it interrupts a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// CPython up to 3.9: between almost any two instructions.
    CpythonTo39,
    /// CPython from 3.10 on, with a GIL: only at backward jumps and calls.
    CpythonFrom310,
    /// No GIL: threads really run at the same time.
    Free,
    /// A GIL with rules of its own (PyPy, GraalPy), or an implementation that is not known here.
    Others,
}

impl Rules {
    /// All, in the order of the columns.
    pub const ALL: [Rules; 4] = [Rules::CpythonTo39, Rules::CpythonFrom310, Rules::Free, Rules::Others];

    /// The rules of an interpreter. The version decides only for CPython.
    pub fn of(python: &Interpreter) -> Rules {
        let [major, minor, _] = python.version;
        match (python.gil, python.implementation.as_str()) {
            (Some(false), _) => Rules::Free,
            (Some(true), "CPython") if (major, minor) >= (3, 10) => Rules::CpythonFrom310,
            (Some(true), "CPython") => Rules::CpythonTo39,
            _ => Rules::Others,
        }
    }

    /// The head of the column.
    pub fn name(self) -> Text {
        match self {
            Rules::CpythonTo39 => text!("CPython 3.9까지", "CPython up to 3.9"),
            Rules::CpythonFrom310 => text!("CPython 3.10부터", "CPython from 3.10 on"),
            Rules::Free => text!("GIL 없음", "no GIL"),
            Rules::Others => text!("다른 구현", "others"),
        }
    }
}

/// What is expected of a form under some rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// It may lose updates.
    MayLose,
    /// It loses none, although nobody promises that.
    CorrectByAccident,
    /// It must not lose any.
    MustNotLose,
    /// Nothing is known: what is measured is shown and not judged.
    Unknown,
}

impl Expectation {
    /// The cell of the table.
    pub fn name(self) -> Text {
        match self {
            MayLose => text!("유실 가능", "may lose"),
            CorrectByAccident => text!("우연히 맞음", "correct by accident"),
            MustNotLose => text!("유실 불가", "must not lose"),
            Unknown => text!("알 수 없음", "unknown"),
        }
    }

    /// Whether a lost update contradicts it.
    pub fn is_broken_by_a_loss(self) -> bool {
        matches!(self, CorrectByAccident | MustNotLose)
    }
}

/// A way to write the update.
pub struct Form {
    /// Its name in measurements and for the twin.
    pub id: &'static str,
    pub code: &'static str,
    /// In the order of [`Rules::ALL`].
    expected: [Expectation; 4],
}

impl Form {
    /// What is expected of it.
    pub fn expected(&self, rules: Rules) -> Expectation {
        self.expected[rules as usize]
    }
}

/// Between load and store there is nothing.
const STRAIGHT: [Expectation; 4] = [MayLose, CorrectByAccident, MayLose, Unknown];
/// Between load and store there is a call.
const CALL: [Expectation; 4] = [MayLose, MayLose, MayLose, Unknown];
/// A lock is held over both.
const LOCKED: [Expectation; 4] = [MustNotLose; 4];

/// All forms that the twin runs.
pub const FORMS: [Form; 5] = [
    Form { id: "plain", code: "counter += 1", expected: STRAIGHT },
    Form { id: "attribute", code: "obj.x += 1", expected: STRAIGHT },
    Form { id: "call", code: "counter += one()", expected: CALL },
    Form { id: "native", code: "counter += int(1)", expected: CALL },
    Form { id: "lock", code: "with lock: counter += 1", expected: LOCKED },
];
