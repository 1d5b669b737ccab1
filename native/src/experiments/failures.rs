//! What goes wrong in native code, and what Python sees of it: a panic, an error while the GIL is released, a long call and Ctrl-C.
//!
//! Article: 요약, "C 확장 라이브러리". Run: `cargo run -p native -- failures`. Python twin: `python/failures.py`.

use std::panic;
use std::thread;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::{Front, Report, Table};
use lab::{Result, text, twin_script};

use crate::interpreters;

/// A panic in the extension becomes a Python exception.
pub const PANIC: &str = "native-panic-is-exception";
/// A long call reacts to Ctrl-C only if it checks for signals.
pub const SIGNALS: &str = "native-call-checks-signals";

/// Iterations of the call that checks signals: years. Only an exception ends it.
const ENDLESS: u64 = 1 << 60;

/// `native failures`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("시그널을 확인하지 않는 호출이 세는 횟수", "iterations of the call that does not check signals");
    let iterations = options.count("iterations", 2_000_000..=10_000_000_000, 300_000_000, about);
    let about = text!(
        "네이티브 코드의 panic과 오류, 긴 호출과 Ctrl-C",
        "panics and errors in native code, long calls and Ctrl-C"
    );
    Experiment::new("failures", about, options, move |a| run(a.get(iterations), a.pythons()))
}

/// Provokes each failure on every interpreter.
pub fn run(iterations: u64, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("native/failures");
    let mut rows = vec![in_rust()];
    if pythons.is_empty() {
        let why = python::none_in_this_run();
        report.verdicts.extend(not_measured("CPython", &why));
    }
    for python in pythons {
        match interpreters::ask(python, twin_script!("failures"), &[iterations.to_string()]) {
            Ok(twin) => {
                let seen = Seen::of(&twin);
                report.verdicts.extend(judge(python, &seen, iterations));
                rows.extend(seen.iter().map(|seen| seen.row(python, iterations)));
            }
            Err(why) => report.verdicts.extend(not_measured(&python.to_string(), &why)),
        }
    }
    report.tables.push(table(rows));
    report.front = vec![Front::Table(0)];
    report.shows = text!(
        "네이티브 코드가 실패해도 인터프리터는 죽지 않습니다. panic은 파이썬 예외가 되고, 그 뒤에도 스레드와 확장 모듈은 계속 동작합니다. 긴 호출은 시그널을 확인해야만 Ctrl-C로 멈춥니다.",
        "A failure in native code does not take the interpreter down. A panic becomes a Python exception, and threads and the extension work afterwards. A long call stops at Ctrl-C only if it checks for signals."
    );
    report.notes.push(text!(
        "panic은 Exception이 아니라 BaseException을 상속하는 PanicException이 됩니다. 그래서 'except Exception'이 버그를 숨기지 않습니다. 끝낸 횟수는 Ctrl-C를 누른 호출이 예외를 낼 때까지 센 횟수입니다. 시그널을 확인하는 호출은 2⁶⁰번을 세라고 했으므로 예외 없이는 끝나지 않습니다.",
        "A panic becomes a PanicException, which inherits from BaseException and not from Exception: 'except Exception' does not hide the bug. Done: what the call had counted when the exception came. The call that checks signals was told to count to 2⁶⁰; only an exception ends it."
    ));
    Ok(report)
}

/// A case of the twin.
struct Seen {
    case: String,
    exception: String,
    done: u64,
}

impl Seen {
    fn of(twin: &Report) -> Vec<Seen> {
        let rows = twin.tables.iter().flat_map(|table| &table.rows);
        let cells = rows.filter_map(|row| match &row[..] {
            [case, exception, done] => Some((&case.en, &exception.en, &done.en)),
            _ => None,
        });
        let seen = |(case, exception, done): (&String, &String, &String)| Seen {
            case: case.clone(),
            exception: exception.clone(),
            done: done.parse().unwrap_or(0),
        };
        cells.map(seen).collect()
    }

    fn words(&self) -> Text {
        match self.case.as_str() {
            "panic-held" => text!("panic, GIL을 쥔 채", "a panic, the GIL held"),
            "panic-released" => text!("panic, GIL을 해제한 동안", "a panic, the GIL released"),
            "error-released" => text!("오류, GIL을 해제한 동안", "an error, the GIL released"),
            "uninterruptible" => text!("Ctrl-C, 시그널을 확인하지 않음", "Ctrl-C, signals not checked"),
            "interruptible" => text!("Ctrl-C, 시그널을 확인함", "Ctrl-C, signals checked"),
            other => Text::same(other),
        }
    }

    fn row(&self, python: &Interpreter, iterations: u64) -> Vec<Text> {
        let done = self.done;
        let all = match self.case.as_str() {
            "uninterruptible" if done == iterations => text!("{done}번, 모두", "{done}, all of them"),
            "uninterruptible" | "interruptible" => text!("{done}번", "{done}"),
            _ => Text::same("–"),
        };
        vec![Text::same(python.to_string()), self.words(), Text::same(&*self.exception), all]
    }
}

/// What a panic is in Rust itself: it ends its thread, and whoever joins that is told.
fn in_rust() -> Vec<Text> {
    // Without the hook, which would print the message of a panic that is meant.
    let joined = thread::spawn(|| panic::resume_unwind(Box::new("a bug"))).join();
    let seen = match joined {
        Err(_) => text!("join의 Err", "Err of join"),
        Ok(()) => Text::same("Ok"),
    };
    vec![Text::same("Rust"), text!("스레드의 panic", "a panic in a thread"), seen, Text::same("–")]
}

fn table(rows: Vec<Vec<Text>>) -> Table {
    Table {
        title: text!("네이티브 코드의 실패", "Failures in native code"),
        head: vec![
            text!("대상", "runs on"),
            text!("네이티브 코드에서", "in native code"),
            text!("밖에서 본 것", "seen outside"),
            text!("끝낸 횟수", "done"),
        ],
        rows,
    }
}

fn judge(python: &Interpreter, seen: &[Seen], iterations: u64) -> Vec<Verdict> {
    let of = |case: &str| seen.iter().find(|seen| seen.case == case);
    let is = |case: &str, name: &str| of(case).is_some_and(|seen| seen.exception == name);
    let panics = is("panic-held", "PanicException") && is("panic-released", "PanicException");
    let panics = Verdict::seen(PANIC, python.to_string(), panics, Text::same(names(seen)));
    let stops = |case: &str| is(case, "KeyboardInterrupt");
    let (Some(without), Some(with)) = (of("uninterruptible"), of("interruptible")) else {
        return vec![panics];
    };
    let holds = stops("uninterruptible") && stops("interruptible") && without.done == iterations && with.done < ENDLESS;
    let (without, with) = (without.done, with.done);
    let evidence = text!(
        "확인하지 않으면 {iterations}번 가운데 {without}번을 센 뒤, 확인하면 2⁶⁰번 가운데 {with}번을 센 뒤 예외",
        "the exception came after {without} of {iterations} without checks, after {with} of 2⁶⁰ with them"
    );
    vec![panics, Verdict::seen(SIGNALS, python.to_string(), holds, evidence)]
}

fn names(seen: &[Seen]) -> String {
    let panics = seen.iter().filter(|seen| seen.case.starts_with("panic"));
    panics.map(|seen| seen.exception.as_str()).collect::<Vec<_>>().join(", ")
}

fn not_measured<'a>(on: &'a str, why: &'a Text) -> impl Iterator<Item = Verdict> + use<'a> {
    [PANIC, SIGNALS].into_iter().map(move |claim| Verdict::not_measured(claim, on, why.clone()))
}

#[cfg(test)]
mod tests {
    use lab::claims::Outcome;

    use super::*;

    fn outcomes(cases: &[(&str, &str, u64)]) -> Vec<Outcome> {
        let python = Interpreter {
            path: "python".into(),
            implementation: "CPython".into(),
            version: [3, 11, 7],
            gil: Some(true),
        };
        let seen = |&(case, exception, done): &(&str, &str, u64)| Seen {
            case: case.to_owned(),
            exception: exception.to_owned(),
            done,
        };
        let seen: Vec<Seen> = cases.iter().map(seen).collect();
        judge(&python, &seen, 100).into_iter().map(|verdict| verdict.outcome).collect()
    }

    #[test]
    fn what_was_seen_decides() {
        let right = [
            ("panic-held", "PanicException", 0),
            ("panic-released", "PanicException", 0),
            ("uninterruptible", "KeyboardInterrupt", 100),
            ("interruptible", "KeyboardInterrupt", 7),
        ];
        let with = |at: usize, case: (&'static str, &'static str, u64)| {
            let mut cases = right;
            cases[at] = case;
            outcomes(&cases)
        };
        assert_eq!(outcomes(&right), [Outcome::Holds, Outcome::Holds]);
        assert_eq!(with(1, ("panic-released", "-", 0))[0], Outcome::DoesNotHold, "no exception came");
        assert_eq!(with(2, ("uninterruptible", "KeyboardInterrupt", 7))[1], Outcome::DoesNotHold, "it was interrupted");
        assert_eq!(with(3, ("interruptible", "-", 7))[1], Outcome::DoesNotHold, "it came to its end");
    }

    #[test]
    fn a_panic_in_rust_is_told_to_who_joins() {
        assert_eq!(in_rust()[2].en, "Err of join");
    }
}
