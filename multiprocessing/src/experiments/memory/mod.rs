//! A variable is changed by a thread, by a process, and by a process in shared memory: does the parent see the change?
//!
//! Article: 멀티프로세싱, "독립된 프로세스와 메모리 공간". Run: `cargo run -p multiprocessing -- memory`. Python twin: `python/memory.py`.

mod child;
pub mod report;
mod shared;

use std::sync::atomic::Ordering::SeqCst;
use std::thread;

use lab::cli::{Experiment, Options};
use lab::python::{self, Interpreter};
use lab::report::{Front, Report};
use lab::{Error, Result, text, twin_script};

pub use child::child;
use child::{VARIABLE, change};
use report::{CLAIM, Seen};
use shared::{SharedVariable, cannot_be_had};

/// What the parent puts into the variable before anybody is started. A program begins with a 0 in it, so that one sees whether a
/// process was given the parent's value or began anew.
const BEFORE: u64 = 1;

/// `cargo run -p multiprocessing -- memory`.
pub fn command() -> Experiment {
    let about = text!(
        "스레드, 프로세스, 공유 메모리가 바꾼 변수: 부모에게 보이는가",
        "a variable changed by a thread, a process, in shared memory: who sees it"
    );
    Experiment::new("memory", about, Options::new(), |a| run(a.pythons()))
}

// ANCHOR: thread
/// A thread changes the variable of its process: there is no other.
fn by_thread() -> Result<Seen> {
    VARIABLE.store(BEFORE, SeqCst);
    let (at_first, changed_to) = thread::scope(|scope| {
        let thread = thread::Builder::new().spawn_scoped(scope, || change(&VARIABLE));
        thread.map(|thread| thread.join().expect("it only reads and writes a number"))
    })
    .map_err(|e| Error::no_thread(&e))?;
    Ok(Seen { at_first, changed_to, after: VARIABLE.load(SeqCst) })
}
// ANCHOR_END: thread

// ANCHOR: process
/// A process has the same variable, in a memory of its own, and changes that one.
fn by_process() -> Result<Seen> {
    VARIABLE.store(BEFORE, SeqCst);
    let (at_first, changed_to) = child::run(None)?;
    Ok(Seen { at_first, changed_to, after: VARIABLE.load(SeqCst) })
}
// ANCHOR_END: process

// ANCHOR: shared
/// A variable in a file that both processes map: the same bytes of memory.
fn by_shared_memory() -> Result<Seen> {
    let (variable, path) = SharedVariable::create().map_err(cannot_be_had)?;
    variable.store(BEFORE, SeqCst);
    let (at_first, changed_to) = child::run(Some(&path))?;
    Ok(Seen { at_first, changed_to, after: variable.load(SeqCst) })
}
// ANCHOR_END: shared

/// Has the variable changed in all three ways, here and on CPython.
pub fn run(pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("multiprocessing/memory");
    let seen = [("thread", by_thread()?), ("process", by_process()?), ("shared", by_shared_memory()?)];
    report.measures = seen.iter().flat_map(|(id, seen)| seen.measures(id)).collect();
    report.verdicts.push(report::judge("Rust", &report));
    python::join(&mut report, pythons, twin_script!("memory"), &[BEFORE.to_string()], &[CLAIM], |python, twin| {
        vec![report::judge(python.to_string(), twin)]
    });
    report.tables.push(report::table(&report, pythons));
    report.front = vec![Front::Table(0)];
    report.measures_in_tables = true;
    report.notes.insert(0, report::note(BEFORE));
    report.shows = report::shows(&report);
    Ok(report)
}
