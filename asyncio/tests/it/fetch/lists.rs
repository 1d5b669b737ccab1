//! Lists that are read as needed, and runs that continue an interrupted one.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use super::scripted::{Scripted, answer};
use super::{lines_in, out_in};
use crate::common::{asyncio, command, count, finish, one_line, report, report_with, results, signal, until};
use web::{Options, Server};

#[test]
fn a_list_may_come_from_standard_input() {
    let server = Scripted::start(|_, _| answer("200 OK", "", ""));
    let home = tempfile::tempdir().unwrap();
    let out = out_in(&home);
    let list = format!("\u{feff}# mine\r\n{0}/a\r\n\r\nnonsense\r\n{0}/b b\r\n  {0}/c", server.url);
    let mut child = command(&["fetch", "--urls", "-", "--out", &out]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(list.as_bytes()).unwrap();
    assert!(finish(child).status.success());
    let mut what = server.what();
    what.sort();
    assert_eq!(what, ["GET /a", "GET /c"]);
    let results = results(Path::new(&out));
    let errors: Vec<_> = results.values().map(|line| line["error"].as_str()).collect();
    assert_eq!(
        errors,
        [None, Some("bad address"), Some("bad address"), None],
        "an invalid line is a named failure, because it is not known beforehand"
    );
    let utf16: Vec<u8> = "\u{feff}http://a/".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut child = command(&["fetch", "--urls", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&utf16).unwrap();
    assert!(one_line(&finish(child), 2).contains("UTF-16"));
}

/// Fails for a client that reads the whole list first: it would wait for the end. Fails too for one that keeps the first line back because a
/// second one, the comment, has arrived with it.
#[cfg(unix)]
#[test]
fn calls_begin_before_the_list_has_ended() {
    let server = Scripted::start(|_, _| answer("200 OK", "", ""));
    let home = tempfile::tempdir().unwrap();
    let out = out_in(&home);
    let mut child = command(&["fetch", "--urls", "-", "--out", &out]).stdin(Stdio::piped()).spawn().unwrap();
    let mut list = child.stdin.take().unwrap();
    list.write_all(format!("{}/first\n# the rest comes later\n", server.url).as_bytes()).unwrap();
    until("the first call has ended", || lines_in(&out) == 1);
    // Ctrl-C does not wait for the next line.
    signal("INT", child.id());
    assert!(one_line(&finish(child), 1).contains("calls that had ended: 1 (succeeded: 1)"));
}

/// A client that read the whole list at once took 323 MB. When this many calls have been made, a reader without a limit has hundreds of
/// thousands of lines in memory.
#[cfg(target_os = "linux")]
#[test]
fn a_million_lines_need_little_memory() {
    let home = tempfile::tempdir().unwrap();
    let list = home.path().join("list").to_str().unwrap().to_owned();
    let server = Server::start(Options::default()).unwrap();
    let line = format!("{}/{}\n", server.url(), "x".repeat(40));
    fs::write(&list, line.repeat(1_000_000)).unwrap();
    let mut child = command(&["fetch", "--urls", &list, "--concurrency", "50", "--timeout", "600"]).spawn().unwrap();
    until("20,000 calls are made", || server.tally().requests > 20_000);
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kib < 50 * 1024, "{kib} KiB");
}

/// The run is killed three times, each time with an incomplete last line in the file. In the end every call is there exactly once.
#[cfg(unix)]
#[test]
fn a_killed_run_can_be_resumed() {
    let home = tempfile::tempdir().unwrap();
    let out = out_in(&home);
    let list = home.path().join("list").to_str().unwrap().to_owned();
    // Some calls get their response only in the last run, so that no run before it ends by itself, however late it is killed.
    let last_run = Arc::new(AtomicBool::new(false));
    let is_last = Arc::clone(&last_run);
    let server = Scripted::start(move |_, heard| {
        while heard.what() == "GET /late" && !is_last.load(Relaxed) {
            std::thread::sleep(Duration::from_millis(5));
        }
        answer(if heard.what() == "GET /error" { "500 Internal Server Error" } else { "200 OK" }, "", "")
    });
    // Addresses that occur more than once, and one that fails at every attempt.
    let path = |n: usize| match n {
        7 => "error".to_owned(),
        250..260 => "late".to_owned(),
        n => (n % 5).to_string(),
    };
    let urls: Vec<String> = (0..300).map(|n| format!("{}/{}", server.url, path(n))).collect();
    fs::write(&list, urls.join("\n")).unwrap();
    let args = ["fetch", "--urls", &list, "--resume", &out, "--concurrency", "4", "--backoff", "0", "--timeout", "60"];
    for so_far in [20, 80, 200] {
        let mut child = command(&args).spawn().unwrap();
        until("some results are written", || lines_in(&out) > so_far);
        child.kill().unwrap();
        child.wait().unwrap();
        fs::OpenOptions::new().append(true).open(&out).unwrap().write_all(b"{\"call\":299,\"url\":\"ht").unwrap();
    }
    last_run.store(true, Relaxed);
    let asked = server.heard().len();
    let report = report(&args);
    let results = results(Path::new(&out));
    assert!(results.keys().copied().eq(0..300), "every call exactly once");
    assert!(results.iter().all(|(n, line)| line["url"] == urls[*n as usize].as_str()));
    assert_eq!(results[&7]["error"], "status");
    let ended = count(&report, "ended.ok") + count(&report, "ended.status");
    assert!(ended < 150, "{ended} calls were made in the last run");
    assert!(server.heard().len() - asked < 160);
    assert!(report.notes.iter().any(|note| note.en.contains("had succeeded in an earlier run")));
    // Only the failed call is made again.
    let asked = server.heard().len();
    report_with(&args, 1);
    assert_eq!(server.heard().len() - asked, 4, "one call, four attempts");
}

#[test]
fn the_results_of_another_list_are_refused_and_left_unchanged() {
    let home = tempfile::tempdir().unwrap();
    let out = out_in(&home);
    let server = Scripted::start(|_, _| answer("200 OK", "", ""));
    report(&["fetch", &format!("{}/a", server.url), "--requests", "3", "--out", &out]);
    let before = fs::read_to_string(&out).unwrap();
    let other = format!("{}/b", server.url);
    let done = asyncio(&["fetch", &other, "--requests", "3", "--resume", &out]);
    assert!(one_line(&done, 2).contains("another address or row"), "{done:?}");
    assert_eq!((server.heard().len(), fs::read_to_string(&out).unwrap()), (3, before));
    assert!(one_line(&asyncio(&["fetch", "--resume", &out]), 2).contains("--urls"));
}

/// Each address of a list is called exactly once, and the calls are numbered by address.
#[test]
fn each_address_of_a_list_is_called_once() {
    let home = tempfile::tempdir().unwrap();
    let (list, out) = (home.path().join("list"), out_in(&home));
    let server = Scripted::start(|_, _| answer("200 OK", "", ""));
    let urls: Vec<String> = (0..40).map(|n| format!("{}/{n}", server.url)).collect();
    fs::write(&list, urls.join("\n")).unwrap();
    report(&["fetch", "--urls", list.to_str().unwrap(), "--concurrency", "7", "--out", &out]);
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    server.what().into_iter().for_each(|what| *asked.entry(what).or_default() += 1);
    assert!(asked.len() == 40 && asked.values().all(|n| *n == 1), "{asked:?}");
    assert!(results(Path::new(&out)).iter().all(|(n, line)| line["url"] == urls[*n as usize].as_str()));
}
