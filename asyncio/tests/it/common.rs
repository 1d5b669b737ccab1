//! Helpers that run the program as a reader does, send it signals and read its results.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use lab::report::Report;
use serde_json::Value;

/// Time after which a program is regarded as hung. It is generous, so that a busy machine does not fail a test.
pub const HANGS: Duration = Duration::from_secs(240);

pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asyncio"));
    command.args(args).args(["--lang", "en", "--no-python"]).env_remove("RUST_BACKTRACE");
    if args.first() == Some(&"fetch") && !args.contains(&"--timeout") {
        // On a busy machine an answer may take longer than the two seconds of the program.
        command.args(["--timeout", "60"]);
    }
    // The tests' servers are on this machine, where no proxy reaches them.
    for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub fn asyncio(args: &[&str]) -> Output {
    finish(command(args).spawn().unwrap())
}

pub fn report(args: &[&str]) -> Report {
    report_with(args, 0)
}

/// The report of a run with this exit code.
pub fn report_with(args: &[&str], code: i32) -> Report {
    let out = asyncio(&[args, &["--json"]].concat());
    assert_eq!(out.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// Waits for the end of the program and reads its output. A program that hangs is killed, and the test fails.
pub fn finish(mut child: Child) -> Output {
    let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
    let start = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if start.elapsed() > HANGS => {
                let _ = child.kill();
                let _ = child.wait();
                panic!("the program hung");
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    Output { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

fn read(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut all = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut all);
        }
        all
    })
}

pub fn signal(name: &str, pid: u32) {
    assert!(Command::new("kill").args([format!("-{name}"), pid.to_string()]).status().unwrap().success());
}

#[track_caller]
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < HANGS, "timed out waiting until {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// The single line of the program's error output.
#[track_caller]
pub fn one_line(out: &Output, code: i32) -> String {
    let err = String::from_utf8(out.stderr.clone()).unwrap();
    assert_eq!(out.status.code(), Some(code), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
    assert!(out.stdout.is_empty(), "{out:?}");
    err
}

/// The lines of a result file by the number of their call. Panics on an incomplete line and on a duplicate call.
#[track_caller]
pub fn results(path: &Path) -> BTreeMap<u64, Value> {
    let words = fs::read_to_string(path).unwrap();
    assert!(words.is_empty() || words.ends_with('\n'), "incomplete last line: {:?}", words.lines().last());
    let mut results = BTreeMap::new();
    for line in words.lines() {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let call = value["call"].as_u64().unwrap();
        assert!(is_an_end(&value), "{line}");
        assert!(results.insert(call, value).is_none(), "duplicate call {call}");
    }
    results
}

/// Whether a line is a result or a failure with a known name.
fn is_an_end(value: &Value) -> bool {
    let names = [
        "unreachable",
        "closed",
        "timed out",
        "status",
        "not http",
        "cancelled",
        "redirect",
        "deadline",
        "bad address",
        "bad row",
        "tls",
        "not kept",
    ];
    let has_result = value["status"].as_u64().is_some_and(|status| status < 300) && value["bytes"].is_u64();
    match value["error"].as_str() {
        None => has_result,
        Some(name) => names.contains(&name) && value["bytes"].is_null(),
    }
}

pub fn count(report: &Report, id: &str) -> usize {
    report.measure(id).map_or(0, |measure| measure.median() as usize)
}
