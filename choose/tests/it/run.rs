//! A program runs as it would without us, and what it did is seen.

use std::io::Write;
use std::process::Stdio;

use harness::{finish, signal, start, until_some};

use crate::programs::{CONVOY, begin, choose, record, run, value};
use crate::pythons::{PYTHON, that_publishes};

/// Quiet about costs, which are not what is tested.
fn quietly<'a>(command: &[&'a str]) -> Vec<&'a str> {
    ["--no-python", "--"].into_iter().chain(command.iter().copied()).collect()
}

#[test]
fn output_input_and_exit_code_are_the_program_s() {
    let done = run(&quietly(&["sh", "-c", "printf 'a\\0b'; echo mistake >&2; exit 7"])).ends_with(7);
    assert_eq!(done.out, "a\0b", "nothing of ours on standard output");
    assert!(done.err.contains("mistake\n") && done.err.contains("predicted for 8 pieces"), "{done:?}");

    let mut child = start(choose(&quietly(&["cat"])).stdin(Stdio::piped()));
    child.stdin.take().unwrap().write_all(b"through").unwrap();
    assert_eq!(finish(child).ends_with(0).out, "through");
}

#[test]
fn with_json_the_object_follows_the_output() {
    let done = run(&["--json", "--no-python", "--", "echo", "first"]).ends_with(0);
    let json = done.out.strip_prefix("first\n").unwrap();
    let report: lab::report::Report = serde_json::from_str(json).unwrap();
    assert_eq!(report.experiment, "choose/run");
}

#[test]
fn a_signal_that_ends_it_is_told_as_shells_do() {
    let done = run(&quietly(&["sh", "-c", "kill -9 $$"])).ends_with(137);
    assert!(done.err.contains("predicted for 8 pieces"), "what was seen is told all the same: {done:?}");
}

#[test]
fn signals_go_on_to_the_program() {
    let script = "trap 'echo got it; exit 5' TERM; echo ready; while :; do sleep 0.05; done";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out");
    let mut command = choose(&quietly(&["sh", "-c", script]));
    let child = start(command.stdout(std::fs::File::create(&file).unwrap()));
    let said = || std::fs::read_to_string(&file).unwrap();
    until_some("the program to be ready", || said().contains("ready").then_some(()));
    signal("TERM", child.id());
    finish(child).ends_with(5);
    assert!(said().contains("got it"));
}

#[test]
fn what_is_ignored_stays_ignored() {
    let script = "kill -HUP $$; echo still here";
    let ours = format!("trap '' HUP; exec {} --no-python -- sh -c '{script}'", env!("CARGO_BIN_EXE_choose"));
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &ours]).stdout(Stdio::piped()).stderr(Stdio::piped());
    assert_eq!(finish(start(&mut command)).ends_with(0).out, "still here\n");
}

#[test]
fn what_a_program_waits_for_is_told_by_its_calls() {
    let cases = [
        ("timer", "import time; time.sleep(0.6)"),
        (
            "pipe",
            "import os; r, w = os.pipe(); os.fork() or (__import__('time').sleep(0.6), os._exit(0)); os.close(w); os.read(r, 1)",
        ),
        (
            "socket",
            "import socket, threading, time; a, b = socket.socketpair(); \
             threading.Timer(0.6, b.send, [b'x']).start(); a.recv(1)",
        ),
        (
            "lock",
            "import threading; threading.Lock().acquire(timeout=0.01); l = threading.Lock(); l.acquire(); l.acquire(timeout=0.6)",
        ),
    ];
    for (known, code) in cases {
        let report = record(&[PYTHON, "-c", code]);
        let of = |wait: &str| value(&report, &format!("work.{wait}")) + value(&report, &format!("start.{wait}"));
        // The child of the pipe and the timer of the socket sleep, which are waits as well.
        let expected = of(known) + if known == "timer" { 0.0 } else { of("timer") };
        let waits = || {
            report
                .measures
                .iter()
                .filter(|one| one.median() > 1e6)
                .map(|one| format!("{} {:.0}", one.id, one.median() / 1e6))
        };
        assert!(expected > 0.4e9, "{known}: {:?}", waits().collect::<Vec<_>>());
        if matches!(known, "pipe" | "socket") {
            assert!(of(known) > 0.1e9, "{known}: {}", of(known));
        }
    }
}

#[test]
fn the_gil_and_the_lines_are_read_where_they_are_published() {
    let Some(python) = that_publishes() else { return };
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("two.py");
    let program = "\
import hashlib
def crunch():
    total = 0
    for i in range(12_000_000):
        total += i
def digest():
    data = bytes(1 << 22)
    for _ in range(250):
        hashlib.sha256(data)
{}()
";
    for (function, class) in [("crunch", "python"), ("digest", "native")] {
        std::fs::write(&script, program.replace("{}", function)).unwrap();
        let report = record(&[python.to_str().unwrap(), script.to_str().unwrap()]);
        let (held, free) = (value(&report, "work.python"), value(&report, "work.native"));
        let (most, least) = if class == "python" { (held, free) } else { (free, held) };
        assert!(most > 4.0 * least, "{function}: {held} with the GIL, {free} without");
        assert!(report.measure(&format!("class.{class}")).is_some(), "{function}: {}", report.shows.en);
        let hottest = &report.measure("line.0.python").unwrap().name.en;
        assert!(hottest.contains("two.py:") && hottest.ends_with(function), "{hottest}");
        assert!(value(&report, "start.busy") > 0.0, "the interpreter's start is told apart");
    }
}

/// Single looks cannot tell code that lets the GIL go at every call from code that lets it go seldom; looks in quick succession do.
#[test]
fn a_gil_that_is_let_go_at_every_call_is_counted() {
    let Some(python) = that_publishes() else { return };
    let of = |code: &str| value(&record(&[python.to_str().unwrap(), "-c", code]), "releases");
    let often = of("import os\nfor _ in range(1_000_000): os.lstat('/')");
    let seldom = of("import hashlib\ndata = bytes(1 << 22)\nfor _ in range(150): hashlib.sha256(data)");
    assert!(often > 1000.0 && often > 10.0 * seldom, "{often} {seldom}");
}

#[test]
fn the_garbage_collector_is_seen_at_work() {
    let Some(python) = that_publishes() else { return };
    let of = |code: &str| value(&record(&[python.to_str().unwrap(), "-c", code]), "collecting");
    let collects = of("import gc\nkept = [[] for _ in range(300_000)]\nfor _ in range(60): gc.collect()");
    let counts = of("total = 0\nfor i in range(12_000_000): total += i");
    assert!(collects > 0.3 && counts < 0.1, "{collects} {counts}");
}

#[test]
fn threads_that_share_the_gil_wait_for_it() {
    let Some(python) = that_publishes() else { return };
    let report = record(&[python.to_str().unwrap(), "-c", CONVOY]);
    assert!(value(&report, "convoy") > 0.2, "{}", report.shows.en);
    assert!(report.measure("class.convoy").is_some(), "{}", report.shows.en);
}

#[test]
fn programs_that_end_at_once_fork_exec_and_have_many_threads_work() {
    run(&quietly(&["true"])).ends_with(0);
    run(&quietly(&["sh", "-c", "exec sh -c 'exit 3'"])).ends_with(3);
    // However long it takes to start them, then all are there; and for longer than the pause after a sample of so many threads.
    let many = "import threading, time\n\
                end = threading.Event()\n\
                ts = [threading.Thread(target=end.wait) for _ in range(500)]\n\
                [t.start() for t in ts]; time.sleep(3); end.set(); [t.join() for t in ts]";
    let report = record(&[PYTHON, "-c", many]);
    assert!(value(&report, "threads") > 400.0);
    assert!(report.notes.iter().any(|note| note.en.contains("of each process 400 were watched")), "{:?}", report.notes);
    let tree = record(&["sh", "-c", "sh -c 'sleep 0.5; true' & sh -c 'sleep 0.5; true'; wait"]);
    assert!(value(&tree, "processes") >= 3.0, "{}", value(&tree, "processes"));
    assert!(value(&tree, "work.timer") > 0.3e9, "the children's waiting is the program's");
}

#[test]
fn what_goes_on_after_the_end_is_said() {
    let script = "sleep 600 >/dev/null 2>&1 & echo $!; sleep 1";
    let done = run(&["--no-python", "--full", "--", "sh", "-c", script]).ends_with(0);
    signal("KILL", done.out.trim().parse().unwrap());
    assert!(done.err.contains("1 processes went on after"), "{}", done.err);
}

#[test]
fn a_process_that_runs_already_is_watched() {
    let mut sleeper = harness::Guarded::from(start(std::process::Command::new("sleep").arg("60")));
    let pid = sleeper.0.id().to_string();
    let done = run(&["--json", "--no-python", "--pid", &pid, "--seconds", "0.5"]).ends_with(0);
    let report: lab::report::Report = serde_json::from_str(&done.out).unwrap();
    assert!(value(&report, "work.timer") > 0.2e9);
    assert!(sleeper.0.try_wait().unwrap().is_none(), "it goes on");

    // One that ends meanwhile ends the watching.
    let short = harness::Guarded::from(start(std::process::Command::new("sleep").arg("0.5")));
    let pid = short.0.id().to_string();
    let watching = begin(&["--no-python", "--pid", &pid, "--seconds", "86400"]);
    finish(watching).ends_with(0);
}

#[test]
fn wrong_command_lines_say_what_to_give() {
    for (args, said) in [
        (&["--no-python"][..], "give the command to run"),
        (&["--", "no-such-program"], "there is no such program"),
        (&["--", "/"], "is a folder"),
        (&["--bogus", "3", "--", "true"], "there is no option '--bogus'"),
        (&["--pid", "1", "--", "true"], "give only one of them"),
        (&["--pid", "2147483647"], "there is no such process"),
        (&["--pid", "0"], "--pid 0"),
        (&["--seconds", "1", "--", "true"], "--seconds has no effect without --pid"),
        (&["--payload", "4 potatoes", "--", "true"], "--payload 4 potatoes"),
        (&["--pieces", "0", "--", "true"], "--pieces 0"),
        (&["--rate", "0", "--", "true"], "--rate 0"),
        (&["--out", "/", "--", "true"], "give the name of a file"),
    ] {
        let done = run(args).ends_with(2);
        assert!(done.err.contains(said), "{args:?}: {}", done.err);
        assert_eq!((done.err.lines().count(), done.out.as_str()), (1, ""), "{args:?}: {done:?}");
    }
}
