//! Runs `choose` as a reader does.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use harness::{Done, finish, start};
use lab::report::Report;

/// The program, in English, without a terminal.
pub fn choose(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_choose"));
    command.args(["--lang", "en"]).args(args);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it to its end.
#[track_caller]
pub fn run(args: &[&str]) -> Done {
    finish(start(&mut choose(args)))
}

/// Starts it.
#[track_caller]
pub fn begin(args: &[&str]) -> Child {
    start(&mut choose(args))
}

/// Records a command that must end with 0. No costs are measured, which takes seconds and needs a Python.
#[track_caller]
pub fn record(command: &[&str]) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.json");
    let mut args = vec!["--no-python", "--out", file.to_str().unwrap(), "--"];
    args.extend(command);
    run(&args).ends_with(0);
    read(&file)
}

/// Reads a report.
#[track_caller]
pub fn read(file: &Path) -> Report {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// A measurement by its id.
#[track_caller]
pub fn value(report: &Report, id: &str) -> f64 {
    report.measure(id).unwrap_or_else(|| panic!("no {id}")).median()
}

/// One thread computes until the other one, which waits again and again, is done.
pub const CONVOY: &str = "\
import threading, time
stop = False
def compute():
    while not stop: pass
thread = threading.Thread(target=compute)
thread.start()
for _ in range(100): time.sleep(0.001)
stop = True
thread.join()
";
