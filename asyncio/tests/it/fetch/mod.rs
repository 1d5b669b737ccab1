//! The API client: every call ends exactly once, with a result or with a named failure.

mod bodies;
#[cfg(feature = "https")]
mod https;
mod lists;
mod pace;
mod python;
mod requests;
mod rows;
mod scripted;
mod servers;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::common::{asyncio, command, count, finish, one_line, report, report_with, results, signal, until};
use asyncio::experiments::fetch::attempt::Connection;
use asyncio::experiments::fetch::request::RequestPlan;
use asyncio::experiments::fetch::target::Target;
use web::draw::Fault;
use web::{Faults, Options, Server};

fn out_in(home: &tempfile::TempDir) -> String {
    home.path().join("results.ndjson").to_str().unwrap().to_owned()
}

#[test]
fn without_faults_every_call_has_a_result() {
    let home = tempfile::tempdir().unwrap();
    let out = out_in(&home);
    let report = report(&[
        "fetch",
        "--requests",
        "300",
        "--concurrency",
        "20",
        "--delay",
        "0.005",
        "--timeout",
        "60",
        "--out",
        &out,
    ]);
    assert_eq!((count(&report, "ended.ok"), count(&report, "retries")), (300, 0));
    let results = results(Path::new(&out));
    assert!(results.keys().copied().eq(0..300), "every call exactly once");
    assert!(results.values().all(|line| line["status"] == 200 && line["bytes"] == 3 && line["attempts"] == 1));
    assert!(results.values().all(|line| line["ms"].as_f64().unwrap() >= 5.0), "no response came before the delay");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
}

/// A tenth of the attempts gets an error, a fiftieth a closed connection, and a hundredth no response.
#[test]
fn with_faults_every_call_ends_with_a_result_or_a_named_failure() {
    let home = tempfile::tempdir().unwrap();
    let out = out_in(&home);
    let faults = ["--inject", "error=0.1,never=0.01,close=0.02", "--seed", "5", "--timeout", "2", "--backoff", "0.01"];
    let small = ["fetch", "--requests", "1000", "--concurrency", "250", "--delay", "0.001", "--out", &out];
    let report = report(&[&small[..], &faults].concat());
    let results = results(Path::new(&out));
    assert!(results.keys().copied().eq(0..1000), "every call exactly once");
    let failed = results.values().filter(|line| line["error"].is_string()).count();
    assert_eq!(count(&report, "ended.ok") + failed, 1000);
    let attempts: u64 = results.values().map(|line| line["attempts"].as_u64().unwrap()).sum();
    assert_eq!(attempts as usize, 1000 + count(&report, "retries"));
    assert!(count(&report, "retries") > 50, "about an eighth of 1000 attempts fails");
    assert!(results.values().all(|line| line["attempts"].as_u64().unwrap() <= 4), "at most three retries");
}

/// Known wrong: no retries. Then exactly the calls fail for which the seed draws a fault.
#[test]
fn without_retries_every_fault_is_a_failed_call() {
    let faults = ["--inject", "error=0.2", "--seed", "9", "--retries", "0", "--timeout", "60"];
    let report =
        report(&[&["fetch", "--requests", "200", "--concurrency", "10", "--delay", "0"][..], &faults].concat());
    let drawn = Faults { error: 0.2, ..Faults::default() };
    let faulty = (0..200).filter(|n| drawn.of(9, *n) == Some(Fault::Error)).count();
    assert!(faulty > 20);
    assert_eq!((count(&report, "ended.status"), count(&report, "ended.ok")), (faulty, 200 - faulty));
}

#[test]
fn enough_retries_overcome_errors() {
    let faults = ["--inject", "error=0.3,close=0.1", "--retries", "40", "--backoff", "0", "--timeout", "60"];
    let report =
        report(&[&["fetch", "--requests", "200", "--concurrency", "10", "--delay", "0"][..], &faults].concat());
    assert_eq!(count(&report, "ended.ok"), 200);
    assert!(count(&report, "retries") > 20);
}

#[test]
fn each_failure_has_its_name_and_only_transient_ones_are_retried() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(Options::default()).unwrap();
    let not_http = server_without_http();
    let own = |path: &str| format!("{}{path}", server.url());
    // The URL, the expected failure, and the expected number of attempts with two retries.
    let cases = [
        (own("/"), None, 1),
        (own("/bytes/100000"), None, 1),
        (own("/nonsense"), Some("status"), 1),
        (own("/error"), Some("status"), 3),
        (own("/close"), Some("closed"), 3),
        (own("/cut/100000"), Some("closed"), 3),
        (own("/never"), Some("timed out"), 3),
        (gone(), Some("unreachable"), 3),
        (not_http, Some("not http"), 1),
    ];
    let (urls, out) = (home.path().join("urls"), out_in(&home));
    let lines: Vec<&str> = cases.iter().map(|(url, ..)| url.as_str()).collect();
    fs::write(&urls, format!("# what goes wrong\n\n{}\n", lines.join("\n"))).unwrap();
    let ends_so = |timeout: &str| {
        let list = ["fetch", "--urls", urls.to_str().unwrap(), "--out", &out];
        report(&[&list[..], &["--retries", "2", "--backoff", "0.01", "--timeout", timeout]].concat());
        let results = results(Path::new(&out));
        assert_eq!(results.len(), cases.len(), "each address exactly once");
        let differs = |(n, (url, name, attempts)): (u64, &(String, Option<&str>, i32))| {
            let line = &results[&n];
            let as_expected = line["error"].as_str() == *name && line["attempts"] == *attempts;
            (line["url"] != url.as_str() || !as_expected).then(|| line.to_string())
        };
        let differing: Vec<String> = (0..).zip(&cases).filter_map(differs).collect();
        if differing.is_empty() {
            assert_eq!(results[&1]["bytes"], 100_000);
        }
        differing
    };
    // On a busy machine an answer may take longer than a short limit.
    let differing: Vec<_> =
        ["3", "20"].into_iter().map(ends_so).take_while(|differing| !differing.is_empty()).collect();
    assert!(differing.len() < 2, "{differing:#?}");
}

/// An address where nobody listens.
fn gone() -> String {
    format!("http://{}/", harness::refused_address())
}

/// A server that answers requests with something that is not HTTP. Its thread ends with the test's process.
fn server_without_http() -> String {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", socket.local_addr().unwrap());
    thread::spawn(move || {
        for stream in socket.incoming().flatten() {
            // Read the request first: the client treats data before its request as a closed connection.
            let _ = (&stream).read(&mut [0; 1024]);
            let _ = (&stream).write_all(b"this is not HTTP\r\n\r\n");
            let _ = std::io::copy(&mut &stream, &mut std::io::sink());
        }
    });
    url
}

#[test]
fn no_more_calls_in_flight_than_the_concurrency() {
    for (concurrency, calls) in [(7, 60), (1, 5), (50, 20)] {
        let server = Server::start(Options { delay: Duration::from_millis(30), ..Options::default() }).unwrap();
        let [n, m] = [concurrency, calls].map(|n: usize| n.to_string());
        let report = report(&["fetch", &server.url(), "--requests", &m, "--concurrency", &n, "--timeout", "60"]);
        let tally = server.tally();
        assert!(tally.peak_in_flight <= concurrency.min(calls), "{tally:?}");
        assert_eq!((tally.accepted, tally.ok), (concurrency.min(calls), calls), "each worker keeps one connection");
        assert!(tally.peak_in_flight > 1 || concurrency == 1, "{tally:?}");
        assert!(count(&report, "peak") <= concurrency.min(calls));
    }
}

/// Known wrong: an attempt without a time limit does not end. With a limit it fails as "timed out".
#[test]
fn a_request_without_a_response_needs_a_time_limit() {
    let server = Server::start(Options::default()).unwrap();
    let target = Target::parse(&format!("{}/never", server.url()), "").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut connection, plan) = (Connection::default(), RequestPlan::default());
        let wrong = tokio::time::timeout(Duration::from_millis(500), connection.exchange(&target, &plan, None)).await;
        assert!(wrong.is_err(), "without a limit the attempt ended: {wrong:?}");
    });
    let late = report_with(&["fetch", &target.url, "--requests", "3", "--retries", "0", "--timeout", "0.3"], 1);
    assert_eq!(count(&late, "ended.timed-out"), 3);
}

/// Known wrong: to keep the connection of an attempt that timed out. The next call would read the response to the earlier request.
#[test]
fn a_timed_out_attempt_closes_its_connection() {
    let server = Server::start(Options::default()).unwrap();
    let target = |path: &str| Target::parse(&format!("{}{path}", server.url()), "").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut connection, plan) = (Connection::default(), RequestPlan::default());
        assert_eq!(connection.exchange(&target("/bytes/5"), &plan, None).await.unwrap().bytes, 5);
        let late = target("/delay/20000");
        let timed_out = tokio::time::timeout(Duration::from_millis(50), connection.exchange(&late, &plan, None)).await;
        assert!(timed_out.is_err());
        let own = connection.exchange(&target("/bytes/7"), &plan, None).await.unwrap();
        assert_eq!(own.bytes, 7, "the response to its own request");
        assert_eq!(connection.exchange(&target("/error"), &plan, None).await.unwrap().status, 500);
        let after = connection.exchange(&target("/bytes/9"), &plan, None).await.unwrap();
        assert_eq!(after.bytes, 9, "the connection is kept after a complete error response");
    });
    assert_eq!(server.tally().accepted, 2, "a second connection only after the timeout");
}

fn lines_in(path: &str) -> usize {
    fs::read(path).map_or(0, |bytes| bytes.iter().filter(|byte| **byte == b'\n').count())
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_all_finished_results() {
    let home = tempfile::tempdir().unwrap();
    let out = out_in(&home);
    let args =
        ["fetch", "--requests", "1000000", "--concurrency", "40", "--delay", "0.02", "--timeout", "60", "--out", &out];
    let child = command(&args).spawn().unwrap();
    until("some calls have finished", || lines_in(&out) > 100);
    signal("INT", child.id());
    let line = one_line(&finish(child), 1);
    let results = results(Path::new(&out));
    let cancelled = results.values().filter(|line| line["error"] == "cancelled").count();
    let finished = results.len() - cancelled;
    assert!(cancelled <= 40 && finished > 100, "{line}");
    assert!(line.contains(&format!("calls that had ended: {finished} of 1000000 ")), "{line}, {finished}");
    assert!(line.contains(&format!("cancelled: {cancelled}.")), "{line}, {cancelled}");
    assert!(results.keys().copied().eq(0..results.len() as u64), "every call that had begun has a line");
}

/// Runs eight calls that get a response and three that never do, and sends a signal while the client waits for those three.
#[cfg(unix)]
fn interrupted_while_three_wait(
    name: &str,
) -> (std::process::Output, std::collections::BTreeMap<u64, serde_json::Value>) {
    let home = tempfile::tempdir().unwrap();
    let mut options = Options::default();
    options.limits.never = Duration::from_secs(600);
    let server = Server::start(options).unwrap();
    let (urls, out) = (home.path().join("urls"), out_in(&home));
    let url = server.url();
    fs::write(&urls, format!("{url}/\n").repeat(8) + &format!("{url}/never\n").repeat(3)).unwrap();
    let args = ["fetch", "--urls", urls.to_str().unwrap(), "--concurrency", "3", "--timeout", "600", "--out", &out];
    let child = command(&args).spawn().unwrap();
    // The client cannot end on its own yet, so these lines were not written only at the end.
    until("eight results are written and three calls wait", || lines_in(&out) == 8 && server.tally().requests == 11);
    signal(name, child.id());
    let end = finish(child);
    (end, results(Path::new(&out)))
}

/// Fails for a writer that keeps its lines in memory until the end: the file would be empty.
#[cfg(unix)]
#[test]
fn a_kill_keeps_all_written_results() {
    let (_, results) = interrupted_while_three_wait("KILL");
    assert!(results.keys().copied().eq(0..8) && results.values().all(|line| line["status"] == 200));
}

/// Fails for a client that exits at once: the three waiting calls would have no line.
#[cfg(unix)]
#[test]
fn ctrl_c_records_waiting_calls_as_cancelled() {
    let (end, results) = interrupted_while_three_wait("INT");
    let line = one_line(&end, 1);
    assert!(line.contains("calls that had ended: 8 of 11 (succeeded: 8), cancelled: 3"), "{line}");
    assert!(results.keys().copied().eq(0..11));
    assert!((8..11).all(|call| results[&call]["error"] == "cancelled"), "{results:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported_in_one_line() {
    let out =
        asyncio(&["fetch", "--requests", "5000", "--concurrency", "10", "--delay", "0.001", "--out", "/dev/full"]);
    assert!(one_line(&out, 1).starts_with("/dev/full: cannot be written"));
}

#[cfg(unix)]
#[test]
fn a_limit_on_open_files_is_reported_in_one_line() {
    let program = env!("CARGO_BIN_EXE_asyncio");
    for experiment in ["fetch --requests 900 --concurrency 900", "connections --connections 900"] {
        let script = format!("ulimit -n 300; exec '{program}' {experiment} --no-python --lang en");
        let out = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        let line = one_line(&out, 1);
        assert!(line.contains("ulimit -Hn"), "{line}");
    }
}

#[test]
fn the_twin_makes_the_same_calls() {
    let python = std::process::Command::new("python3").arg("--version").output();
    if !python.is_ok_and(|out| out.status.success()) {
        println!("not measured: Python is not installed");
        return;
    }
    let args = ["fetch", "--requests", "40", "--concurrency", "10", "--timeout", "30", "--json", "--lang", "en"];
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_asyncio")).args(args).output().unwrap();
    let report: lab::report::Report = serde_json::from_slice(&out.stdout).unwrap();
    let has = |end: &str| report.measures.iter().any(|m| m.id.starts_with("cpython") && m.id.ends_with(end));
    assert!(has(".wall.asyncio") && has(".wall.http.client") && has(".wall.asyncio.times-ideal"), "{report:?}");
    for (library, id) in [("aiohttp", ".wall.aiohttp"), ("requests", ".wall.requests")] {
        let missing = report.notes.iter().any(|note| note.en.contains(&format!("{library}: not installed")));
        assert!(has(id) != missing, "{library}: either measured or reported as missing");
    }
    assert_eq!(report.verdicts.len(), 2);
}
