//! The same job in Python (`python/fetch/with_*.py`): every client gives the same results as the Rust program.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use lab::report::Report;
use serde_json::Value;
use web::{Faults, Options, Server};

use super::{gone, out_in, server_without_http};
use crate::common::{count, finish, report, results};

/// The clients that can run here; with streams alone if aiohttp and httpx are not installed, and none without Python 3.11.
fn clients() -> Vec<PathBuf> {
    let runs = |code: &str| {
        let python = Command::new("python3").args(["-c", code]).stderr(Stdio::null()).status();
        python.is_ok_and(|status| status.success())
    };
    let is_new = runs("import asyncio; asyncio.timeout, asyncio.TaskGroup");
    assert!(is_new || std::env::var_os("CI").is_none(), "CI has no Python 3.11");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/fetch");
    let clients = [("streams", "asyncio"), ("aiohttp", "aiohttp"), ("httpx", "httpx")].map(|(client, library)| {
        let can_run = is_new && runs(&format!("import {library}"));
        if !can_run {
            println!("not measured: {client}: python3 is older than 3.11, or {library} is not installed");
        }
        can_run.then(|| folder.join(format!("with_{client}.py")))
    });
    clients.into_iter().flatten().collect()
}

/// Runs a client with the options that the Rust program has too.
fn run(client: &Path, options: &[&str]) -> Report {
    let mut python = Command::new("python3");
    // Without the proxies of the environment, as the Rust program is run in tests.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().to_lowercase().ends_with("_proxy")) {
        python.env_remove(name);
    }
    python.arg("-B").arg(client).args(options).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let out = finish(python.spawn().unwrap());
    assert!(out.status.success(), "{}: {}", client.display(), String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// How a call ended, without what depends on the clock or on the words of a library.
type End = (String, Option<String>, Option<u64>, Option<u64>, u64);

fn ends(out: &str) -> BTreeMap<u64, End> {
    let end = |line: Value| {
        let error = line["error"].as_str().map(str::to_owned);
        let [status, bytes] = ["status", "bytes"].map(|key| line[key].as_u64());
        (line["url"].as_str().unwrap().to_owned(), error, status, bytes, line["attempts"].as_u64().unwrap())
    };
    results(Path::new(out)).into_iter().map(|(call, line)| (call, end(line))).collect()
}

#[test]
fn each_client_ends_every_call_as_the_rust_program_does() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(Options::default()).unwrap();
    let not_http = server_without_http();
    let (list, out) = (home.path().join("urls"), out_in(&home));
    let paths =
        ["/", "/bytes/100000", "/bytes/0", "/nonsense", "/error", "/close", "/cut/100000", "/never", "/delay/9"];
    let mut urls: Vec<String> = paths.iter().map(|path| format!("{}{path}", server.url())).collect();
    urls.extend([gone(), not_http.clone()]);
    fs::write(&list, format!("\u{feff}# a list\r\n\n{}", urls.join("\r\n"))).unwrap();
    // The ends of all calls, by a client of Python or ours. On a busy machine an answer may take longer than a short limit: then calls
    // are timed out that should not be, and a longer one is tried.
    let ends_of = |client: Option<&Path>| {
        let ends = |timeout: &str| {
            let args = ["--urls", list.to_str().unwrap(), "--out", &out, "--concurrency", "4", "--timeout", timeout];
            let args = [&args[..], &["--retries", "2", "--backoff", "0.01"]].concat();
            let _ = fs::remove_file(&out);
            let report = match client {
                Some(client) => run(client, &args),
                None => report(&[&["fetch"], &args[..]].concat()),
            };
            let ends = ends(&out);
            assert_eq!(counts(&report), counts_of(&ends), "{client:?}");
            let timed_out = ends.values().filter(|end| end.1.as_deref() == Some("timed out")).count();
            (timed_out <= 1 || timeout == "20").then_some(ends)
        };
        ["2", "20"].into_iter().find_map(ends).unwrap()
    };
    let rust = ends_of(None);
    assert_eq!((rust.len(), rust.values().filter(|end| end.1.is_some()).count()), (urls.len(), 7));
    for client in clients() {
        let (python, mut expected) = (ends_of(Some(&client)), rust.clone());
        if client.ends_with("with_httpx.py") {
            // httpx has one error for a response that is not HTTP and for a connection that was closed.
            expected.insert(10, (not_http.clone(), Some("closed".to_owned()), None, None, 3));
        }
        assert_eq!(python, expected, "{}", client.display());
    }
}

/// The counts of a summary: how the calls ended, the statuses, the retries.
fn counts(report: &Report) -> BTreeMap<String, usize> {
    let is_count = |id: &str| id.starts_with("ended.") || id.starts_with("status.") || id == "retries";
    let counts = report.measures.iter().filter(|measure| is_count(&measure.id));
    counts.map(|measure| (measure.id.clone(), measure.median() as usize)).collect()
}

/// The same counts, taken from the results.
fn counts_of(ends: &BTreeMap<u64, End>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::from([("retries".to_owned(), 0)]);
    for (_, error, status, _, attempts) in ends.values() {
        let end = error.as_deref().unwrap_or("ok").replace(' ', "-");
        let ids = [Some(format!("ended.{end}")), status.map(|status| format!("status.{status}"))];
        ids.into_iter().flatten().for_each(|id| *counts.entry(id).or_default() += 1);
        *counts.entry("retries".to_owned()).or_default() += *attempts as usize - 1;
    }
    counts
}

/// Each attempt may meet a fault, so that the calls that it hits differ from client to client; none may be lost or made twice.
#[test]
fn with_faults_no_client_loses_a_call() {
    let home = tempfile::tempdir().unwrap();
    let (list, out) = (home.path().join("urls"), out_in(&home));
    let faults = Faults { error: 0.05, close: 0.05, never: 0.005 };
    for client in clients().into_iter().map(Some).chain([None]) {
        let server = Server::start(Options { faults, seed: 3, ..Options::default() }).unwrap();
        let url = server.url();
        fs::write(&list, (0..400).map(|n| format!("{url}/?{n}\n")).collect::<String>()).unwrap();
        let args = ["--urls", list.to_str().unwrap(), "--out", &out, "--concurrency", "20", "--timeout", "5"];
        let args = [&args[..], &["--retries", "9", "--backoff", "0.01"]].concat();
        let report = match &client {
            Some(client) => run(client, &args),
            None => report(&[&["fetch"], &args[..]].concat()),
        };
        let results = results(Path::new(&out));
        assert!(results.keys().copied().eq(0..400), "{client:?}: every call exactly once");
        assert_eq!((count(&report, "ended.ok"), count(&report, "status.200")), (400, 400), "{client:?}");
        assert!(results.iter().all(|(call, line)| line["url"] == format!("{url}/?{call}")), "{client:?}");
        let attempts: u64 = results.values().map(|line| line["attempts"].as_u64().unwrap()).sum();
        let (attempts, tally) = (attempts as usize, server.stop(Duration::ZERO).1);
        assert_eq!(attempts, 400 + count(&report, "retries"), "{client:?}");
        // A request on a kept connection that turns out to be closed is repeated without being counted.
        assert!(tally.requests >= attempts, "{client:?}: {tally:?}");
        assert!(count(&report, "retries") > 10, "{client:?}: {report:?}");
        fs::remove_file(&out).unwrap();
    }
}
