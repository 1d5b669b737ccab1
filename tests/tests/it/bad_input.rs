//! Wrong input: one clear line in the chosen language, the right exit code, nothing on standard output.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use harness::{Done, alive, descendants, finish, ignores_interrupts, signal, start, until};
use lab::lang::has_hangul;
use tests::run::{self, run};
use unicode_width::UnicodeWidthStr;

/// Standard error has exactly one line, in this language, and no panic.
#[track_caller]
fn one_line(done: &Done, korean: bool) {
    assert_eq!(done.err.lines().count(), 1, "{done:?}");
    assert_eq!(has_hangul(&done.err), korean, "{done:?}");
    assert!(!done.err.contains("panicked"), "{done:?}");
}

#[track_caller]
fn refused(program: &str, args: &[&str], code: i32) {
    for (lang, korean) in [("ko", true), ("en", false)] {
        let done = run(program, &[args, &["--lang", lang]].concat()).ends_with(code);
        assert_eq!(done.out, "", "{program} {args:?}");
        one_line(&done, korean);
    }
}

#[test]
fn a_wrong_command_line() {
    let cases: &[(&str, &[&str])] = &[
        ("kitchen", &["nonsense"]),
        ("kitchen", &["--kitchen", "two-knives"]),
        ("kitchen", &["--dishes", "1"]),
        ("kitchen", &["--seconds", "11"]),
        ("kitchen", &["table", "--dishes", "17"]),
        ("native", &["nonsense"]),
        ("native", &["--iterations", "10"]),
        ("native", &["--calls", "1"]),
        ("native", &["callback", "--rounds", "0"]),
        ("native", &["failures", "--iterations", "1"]),
        ("native", &["libraries", "--calls", "0"]),
        ("native", &["oversubscription", "--threads", "1"]),
        ("native", &["setup"]),
        ("native", &["setup", "cuda"]),
        ("native", &["setup", "numpy", "--json"]),
        ("threading", &["nonsense"]),
        ("threading", &["--nonsense"]),
        ("threading", &["article", "extra"]),
        ("threading", &["--seconds"]),
        ("threading", &["--seconds", "-1"]),
        ("threading", &["--seconds", "1e999"]),
        ("threading", &["--seconds", "NaN"]),
        ("threading", &["--seconds", "1", "cpu"]),
        ("threading", &["--json", "--json"]),
        ("threading", &["cpu", "--jobs", "0"]),
        ("threading", &["fetch", "--threads", "0"]),
        ("threading", &["fetch", "--threads", "10000000000"]),
        ("threading", &["fetch", "--requests", "99999999999999999999999"]),
        ("threading", &["fetch", "nonsense"]),
        ("threading", &["fetch", "https://example.org/"]),
        ("threading", &["files", "no/such/directory"]),
        ("threading", &["files", "Cargo.toml"]),
        ("threading", &["files", ""]),
        ("threading", &["files", "--threads", "0"]),
        ("threading", &["files", "--links", "nonsense"]),
        ("threading", &["files", "--make", "10"]),
        ("threading", &["files", "--make", "10", "support"]),
        ("threading", &["fetch", "--urls", "no/such/list"]),
        ("threading", &["fetch", "--urls", "support"]),
        ("threading", &["fetch", "--urls", "Cargo.toml"]),
        ("threading", &["fetch", "--urls", "Cargo.toml", "http://127.0.0.1/"]),
        ("threading", &["fetch", "http://127.0.0.1/a\rX-Evil: 1"]),
        ("threading", &["fetch", "http://user:password@127.0.0.1/"]),
        ("threading", &["fetch", "--fail-on", "some"]),
        ("threading", &["fetch", "--timeout", "0"]),
        ("threading", &["one-core", "--threads", "1"]),
        ("threading", &["one-core", "--seconds", "61"]),
        ("threading", &["pools", "--workers", "0"]),
        ("threading", &["pools", "--work", "nonsense"]),
        ("threading", &["stack", "--threads", "0"]),
        ("threading", &["stack", "--threads", "10000000000"]),
        ("threading", &["cpu", "--machine", "no/such/machine"]),
        ("threading", &["cpu", "--machine", "Cargo.toml"]),
        ("asyncio", &["--runtime", "nonsense"]),
        ("asyncio", &["runtimes", "--tasks", "0"]),
        ("asyncio", &["runtimes", "--tasks", "10000000000"]),
        ("asyncio", &["runtimes", "--iterations", "0"]),
        ("asyncio", &["million", "--most", "9"]),
        ("asyncio", &["million", "--threads", "100001"]),
        ("asyncio", &["blocking", "--iterations", "0"]),
        ("asyncio", &["files", "--seconds", "-1"]),
        ("asyncio", &["files", "--files", "0"]),
        ("asyncio", &["cancel", "--timeout", "61"]),
        ("asyncio", &["cancel", "--messages", "0"]),
        ("asyncio", &["gather", "--seconds", "NaN"]),
        ("asyncio", &["gil", "--seconds", "-1"]),
        ("asyncio", &["loops", "--loops", "1"]),
        ("asyncio", &["loops", "--iterations", "0"]),
        ("asyncio", &["serve", "--port", "65536"]),
        ("asyncio", &["serve", "--inject", "nonsense"]),
        ("asyncio", &["serve", "--inject", "error=0.6,never=0.6"]),
        ("asyncio", &["serve", "--connections", "0"]),
        ("asyncio", &["connections", "--slow", "-1"]),
        ("asyncio", &["fetch", "--concurrency", "0"]),
        ("asyncio", &["fetch", "--timeout", "0"]),
        ("asyncio", &["fetch", "nonsense"]),
        ("asyncio", &["fetch", "https://example.org/"]),
        ("asyncio", &["fetch", "http://example.org:99999/"]),
        ("asyncio", &["fetch", "http://127.0.0.1:1/", "--urls", "Cargo.toml"]),
        ("asyncio", &["fetch", "http://127.0.0.1:1/", "--inject", "error=1"]),
        ("asyncio", &["fetch", "--insecure"]),
        ("asyncio", &["fetch", "--retries", "0", "--backoff", "1"]),
        ("asyncio", &["fetch", "--resume", "results"]),
        ("asyncio", &["fetch", "--rate", "fast"]),
        ("asyncio", &["fetch", "--user", "name:password"]),
        ("asyncio", &["fetch", "--header", "Cookie: a=b"]),
        ("asyncio", &["fetch", "--data", "x", "--method", "GET"]),
        ("asyncio", &["fetch", "--urls", "Cargo.toml"]),
        ("asyncio", &["fetch", "--urls", "no/such/file"]),
        ("asyncio", &["fetch", "--urls", "/"]),
        ("multiprocessing", &["cpu", "--workers", "0"]),
        ("multiprocessing", &["--iterations", "0"]),
        ("multiprocessing", &["memory", "extra"]),
        ("multiprocessing", &["start-methods", "--rounds", "0"]),
        ("multiprocessing", &["start-methods", "--iterations", "1000", "--no-python"]),
        ("multiprocessing", &["pool", "--workers", "0"]),
        ("multiprocessing", &["kill-storm", "--workers", "0"]),
        ("multiprocessing", &["kill-storm", "--kills", "-1"]),
        ("multiprocessing", &["ipc", "--rounds", "0"]),
        ("multiprocessing", &["pool-failures", "--timeout", "0"]),
        ("multiprocessing", &["images", "no/such/directory"]),
        ("multiprocessing", &["images", "Cargo.toml"]),
        ("multiprocessing", &["images", ""]),
        ("multiprocessing", &["images", "compare/images", "--out", "compare/images/new"]),
        ("multiprocessing", &["images", "--workers", "0"]),
        ("multiprocessing", &["translate", "no/such/file"]),
        ("multiprocessing", &["translate", "docs"]),
        ("multiprocessing", &["translate", "--workers", "0"]),
        ("mutex", &["--threads", "0"]),
        ("mutex", &["bounded-buffer", "--capacity", "0"]),
        ("mutex", &["deadlock", "--timeout", "0"]),
        ("mutex", &["philosophers", "--seats", "1"]),
        ("mutex", &["fairness", "--section", "NaN"]),
        ("mutex", &["contention", "--threads", "x"]),
        ("mutex", &["check-then-act", "--trades", "-1"]),
        ("gil-sim", &["--threads", "0"]),
        ("gil-sim", &["--interval", "0"]),
        ("gil-sim", &["step", "--schedule", "zz"]),
        ("gil-sim", &["step", "thousands"]),
        ("gil-sim", &["step", "convoy", "extra"]),
        ("gil-sim", &["predict", "no-such-scenario"]),
        ("gil-sim", &["predict", "convoy", "extra"]),
        ("gil-sim", &["verify", "--transport", "tcp"]),
        ("compare", &["--waiting", "0"]),
        ("compare", &["io", "--most", "9"]),
        ("compare", &["--rounds", "x"]),
        ("compare", &["scaling", "--workers", "0"]),
        ("compare", &["scaling", "--most", "many"]),
        ("compare", &["scaling", "--seconds", "0"]),
        ("compare", &["scaling", "--quick", "--seconds", "9"]),
        ("compare", &["scaling", "--wait", "-1"]),
        ("compare", &["scaling", "extra"]),
        ("compare", &["--quick", "--thorough"]),
        ("compare", &["--iterations", "0"]),
        ("compare", &["claims", "--budget", "0"]),
        ("compare", &["explain"]),
        ("compare", &["explain", "no-such-claim"]),
        ("compare", &["explain", "threads-cpu-no-gain", "extra"]),
        ("compare", &["report"]),
        ("compare", &["report", "Cargo.toml"]),
        ("compare", &["report", ""]),
        ("compare", &["report", "--budget", "soon", "target/tmp"]),
        ("compare", &["diff"]),
        ("compare", &["diff", "compare/tests/data/survey.json"]),
        ("compare", &["diff", "a.json", "b.json", "c.json"]),
        ("choose", &["--no-python"]),
        ("choose", &["--pid", "0"]),
        ("choose", &["--pid", "2147483647"]),
        ("choose", &["--seconds", "1"]),
        ("choose", &["--rate", "1001"]),
        ("choose", &["--pieces", "0"]),
        ("choose", &["--payload", "4 potatoes"]),
        ("choose", &["--bogus"]),
        ("choose", &["--out", "/"]),
        ("choose", &["again"]),
        ("choose", &["again", "no/such/file"]),
        ("choose", &["again", "docs"]),
        ("choose", &["again", "Cargo.toml"]),
        ("choose", &["again", "compare/tests/data/survey.json"]),
        ("choose", &["again", "Cargo.toml", "extra"]),
        ("choose", &["verify", "no-such-program"]),
        ("choose", &["verify", "--pieces", "1"]),
        ("choose", &["overhead", "--rounds", "0"]),
        ("workbench", &["nonsense"]),
        ("workbench", &["--port", "65536"]),
        ("workbench", &["serve", "--json"]),
        ("workbench", &["serve", "extra"]),
        ("workbench", &["export"]),
        ("workbench", &["export", ""]),
        ("workbench", &["export", "docs"]),
        ("workbench", &["export", "target/tmp/a", "extra"]),
        ("lab", &["--python", "no-such-python"]),
        ("lab", &["--python", "true"]),
        ("lab", &["--python", "Cargo.toml"]),
        ("lab", &["--python", "/"]),
        ("threading", &["--trace", "/"]),
        ("threading", &["--svg", ""]),
    ];
    for (program, args) in cases {
        refused(program, args, 2);
    }
}

#[test]
fn a_run_that_fails() {
    refused("threading", &["fetch", "--no-python", "http://127.0.0.1:1/"], 1);
    refused("threading", &["--no-python", "--trace", "/no/such/folder/trace.json"], 1);
    refused("asyncio", &["fetch", "--no-python", "--out", "/no/such/folder/results"], 1);
    refused("threading", &["--no-python", "--svg", "/proc/lanes.svg"], 1);
    refused("choose", &["--out", "/no/such/folder/run.json"], 1);
    refused("choose", &["--svg", "/proc/lanes.svg"], 1);
    refused("workbench", &["export", "Cargo.toml"], 1);
    refused("workbench", &["export", "/proc/page"], 1);
    // Before anything is measured: a measurement would take longer than a test may.
    refused("compare", &["report", "--no-python", "/proc/report"], 1);
    for file in ["no/such/report.json", "support", "Cargo.toml", "tests/data/sentences.txt", "/dev/null"] {
        refused("compare", &["explain", "cpython-has-gil", "--no-python", "--from", file], 1);
        refused("compare", &["diff", "--no-python", "compare/tests/data/survey.json", file], 1);
        refused("compare", &["report", "--no-python", "no/such/folder", "--from", file], 1);
    }
    assert!(!std::path::Path::new("no").exists(), "no folder is left");
    let empty = tempfile::tempdir().unwrap();
    refused("threading", &["files", "--no-python", empty.path().to_str().unwrap()], 1);
}

/// A name that is not UTF-8 is shown with replacement characters; otherwise the error is the same.
#[cfg(unix)]
#[test]
fn names_that_are_not_utf_8() {
    use std::os::unix::ffi::OsStrExt;
    let home = tempfile::tempdir().unwrap();
    let gone = home.path().join(std::ffi::OsStr::from_bytes(b"gone\xff"));
    for experiment in ["images", "translate"] {
        for (lang, korean) in [("ko", true), ("en", false)] {
            let mut command = run::command("multiprocessing", &[experiment, "--lang", lang]);
            let done = finish(start(command.arg(&gone).stderr(Stdio::piped()))).ends_with(2);
            assert_eq!(done.out, "");
            one_line(&done, korean);
            assert!(done.err.contains("gone\u{fffd}"), "{done:?}");
        }
    }
}

/// Refused before anything starts: an experiment that had begun would have emptied the file.
#[test]
fn a_file_is_not_read_and_written_and_not_written_twice() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "http://127.0.0.1:1/\n").unwrap();
    fs::create_dir(home.path().join("folder")).unwrap();
    let at = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    let (file_again, new, new_again) = (at("folder/../file"), at("new"), at("folder/../new"));
    let (file, folder) = (at("file"), at("folder"));
    for program in ["threading", "asyncio", "multiprocessing", "mutex", "gil-sim", "compare", "choose", "lab"] {
        refused(program, &["--svg", &new, "--trace", &new_again], 2);
    }
    refused("asyncio", &["fetch", "--urls", &file, "--out", &file_again], 2);
    refused("asyncio", &["fetch", "--out", &new, "--trace", &new_again], 2);
    refused("threading", &["fetch", "--urls", &file, "--trace", &file_again], 2);
    refused("threading", &["cpu", "--machine", &file, "--svg", &file], 2);
    refused("multiprocessing", &["images", &folder, "--out", &folder], 2);
    refused("multiprocessing", &["translate", &file, "--out", &file_again], 2);
    refused("gil-sim", &["calibrate", "--out", &new, "--svg", &new_again], 2);
    refused("gil-sim", &["predict", &file, "--trace", &file_again], 2);
    refused("lab", &["--python", &file, "--trace", &file_again], 2);
    refused("choose", &["--out", &new, "--svg", &new_again], 2);
    refused("choose", &["again", &file, "--svg", &file_again], 2);
    assert_eq!(fs::read_to_string(&file).unwrap(), "http://127.0.0.1:1/\n");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2, "nothing was made");
    // Several outputs may share a device.
    run("lab", &["claims", "--svg", "/dev/null", "--trace", "/dev/null", "--no-python"]).ends_with(0);
}

#[test]
fn an_unknown_language_is_refused_in_korean() {
    let done = run("threading", &["--lang", "fr"]).ends_with(2);
    one_line(&done, true);
}

#[test]
fn an_error_names_the_valid_values() {
    let done = run("threading", &["nonsense"]).ends_with(2);
    assert!(
        ["article", "cpu", "fetch", "files", "pools", "stack"].iter().all(|name| done.err.contains(name)),
        "{}",
        done.err
    );
    let done = run("threading", &["fetch", "--threads", "0", "--lang", "en"]).ends_with(2);
    assert!(done.err.contains("--threads 0") && done.err.contains("from 1 to"), "{}", done.err);
}

#[test]
fn help_is_in_both_languages_and_hides_internal_commands() {
    for program in
        ["threading", "asyncio", "multiprocessing", "mutex", "gil-sim", "compare", "choose", "workbench", "lab"]
    {
        let ko = run(program, &["--help"]).ends_with(0).out;
        let en = run(program, &["--help", "--lang", "en"]).ends_with(0).out;
        assert!(has_hangul(&ko) && !has_hangul(&en), "{en}");
        let entries = |help: &str| help.lines().filter(|line| line.trim_start().starts_with('-')).count();
        assert_eq!(entries(&ko), entries(&en), "{ko}{en}");
        let hidden = ["__guard", "process-", "cell ", "unit ", "detect ", "dinner ", "sleepers ", "web-server"];
        assert!(!en.lines().any(|line| hidden.iter().any(|name| line.trim_start().starts_with(name))), "{en}");
        let widest = ko.lines().chain(en.lines()).max_by_key(|line| line.width()).unwrap();
        assert!(widest.width() <= 80, "{widest}");
    }
}

/// A path that is not UTF-8 works.
#[cfg(unix)]
#[test]
fn a_path_need_not_be_utf8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let home = tempfile::tempdir().unwrap();
    let odd = home.path().join(OsStr::from_bytes(b"odd\xff"));
    fs::create_dir(&odd).unwrap();
    fs::write(odd.join("file"), "x").unwrap();
    let args = [OsStr::new("files"), OsStr::new("--no-python"), odd.as_os_str()];
    finish(start(&mut run::command("threading", &args))).ends_with(0);
    let args = [OsStr::new("--lang"), OsStr::from_bytes(b"\xff")];
    let done = finish(start(&mut run::command("threading", &args))).ends_with(2);
    assert_eq!(done.err.lines().count(), 1, "{done:?}");
}

/// `| head -1`: the pipe is closed after the first line.
#[test]
fn a_pipe_closed_early_is_one_line_and_leaves_no_process() {
    for (program, args) in [
        ("threading", &["--seconds", "0.5", "--no-python"][..]),
        ("asyncio", &["--seconds", "0.5", "--no-python"]),
        ("multiprocessing", &["--iterations", "50000000", "--no-python"]),
        ("lab", &["claims", "--no-python"]),
        ("threading", &["--help"]),
    ] {
        let mut child = start(&mut run::command(program, args));
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut String::new()).unwrap();
        let family = descendants(child.id());
        drop(out);
        let done = finish(child);
        // If the whole page fitted into the pipe, there is no error.
        if done.status.success() {
            assert_eq!(done.err, "");
        } else {
            assert_eq!(done.status.code(), Some(1), "{program}: {done:?}");
            one_line(&done, true);
        }
        until("its children have ended", || !family.iter().any(|pid| alive(*pid)));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_one_line() {
    let mut command = run::command("lab", &["--no-python"]);
    command.stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let done = finish(start(&mut command)).ends_with(1);
    one_line(&done, true);
}

/// Ctrl-C during a run ends the program without a panic, and its children too.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_leaves_no_process() {
    if ignores_interrupts() {
        println!("not measured: this process ignores SIGINT, and its children inherit that");
        return;
    }
    let python = [("gil-sim", &["--iterations", "10000000000"][..]), ("threading", &["--seconds", "60"])];
    let children = [
        ("multiprocessing", &["--iterations", "1000000000000"][..]),
        ("compare", &["--iterations", "10000000000"]),
        ("asyncio", &["million", "--no-python"]),
    ];
    for (program, args) in [&python[..], &children[..]].concat() {
        let child = start(run::command(program, args).stderr(Stdio::piped()));
        let pid = child.id();
        if children.iter().any(|(other, _)| *other == program) {
            until("it has children", || !descendants(pid).is_empty());
        }
        let family = descendants(pid);
        signal("INT", pid);
        let done = finish(child);
        assert!(!done.status.success() && !done.err.contains("panicked"), "{program}: {done:?}");
        until("its children have ended", || !family.iter().any(|pid| alive(*pid)));
    }
}
