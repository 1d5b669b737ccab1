//! Reading a file in a task: who stalls the loop, who does not, and nothing is left behind.

use std::fs;
use std::time::Duration;

use asyncio::event_loop;
use asyncio::experiments::files::report::{judge, longest_gap, ticks_during};
use asyncio::experiments::files::techniques::TECHNIQUES;
use lab::claims::Outcome;
use lab::lang::Text;
use lab::report::Report;
use lab::trace::{Lane, Span, State, Trace};

use crate::common::{command, finish, one_line};

const DELAY: Duration = Duration::from_millis(500);

fn observe(id: &str) -> Trace {
    TECHNIQUES.iter().find(|technique| technique.id == id).unwrap().observe(DELAY).unwrap()
}

/// The known-wrong program is one of the experiment's own.
#[cfg(unix)]
#[test]
fn a_call_that_blocks_keeps_everybody_waiting_until_the_bytes_come() {
    let trace = observe("std_fs");
    assert_eq!(ticks_during(&trace), 0);
    assert!(longest_gap(&trace) >= DELAY.as_nanos() as u64);
    assert_eq!(judge("x", &trace).outcome, Outcome::DoesNotHold);
}

#[cfg(unix)]
#[test]
fn every_runtime_reads_files_while_others_go_on() {
    for id in ["tokio_fs", "async_std_fs", "smol_fs"] {
        let trace = observe(id);
        // A lower bound: the reading takes as long as the bytes do.
        let reading = event_loop::tasks(&trace).next().unwrap();
        assert!(reading.time_in(State::WaitingForIo) >= DELAY.as_nanos() as u64, "{id}");
        assert!(ticks_during(&trace) > 0, "{id}");
        assert_eq!(judge("x", &trace).outcome, Outcome::Holds, "{id}");
    }
}

#[test]
fn only_ticks_within_the_reading_count() {
    let lane = |spans: &[(State, u64, u64)]| Lane {
        name: Text::default(),
        spans: spans.iter().map(|&(state, start, end)| Span { state, start, end }).collect(),
    };
    let trace = |ticks: &[u64]| {
        let ticks: Vec<_> = ticks.iter().map(|&end| (State::Ready, end - 1, end)).collect();
        Trace::new(Text::default(), vec![lane(&[(State::WaitingForIo, 100, 200)]), lane(&ticks)])
    };
    let seen = |ticks: &[u64]| (ticks_during(&trace(ticks)), longest_gap(&trace(ticks)));
    assert_eq!(seen(&[50, 90, 210, 220]), (0, 120), "before and after");
    assert_eq!(seen(&[50, 110, 190, 220]), (2, 80));
    assert_eq!(ticks_during(&Trace::default()), 0);
}

#[test]
fn no_file_is_left_whether_it_ends_well_or_not() {
    let run = |folder: &str, files: &str| {
        let args = ["files", "--seconds", "0", "--files", files, "--json"];
        finish(command(&args).env("TMPDIR", folder).env("TMP", folder).env("TEMP", folder).spawn().unwrap())
    };
    let home = tempfile::tempdir().unwrap();
    let left = || fs::read_dir(home.path()).unwrap().count();
    let out = run(home.path().to_str().unwrap(), "20");
    assert!(out.status.success(), "{out:?}");
    let report: Report = serde_json::from_slice(&out.stdout).unwrap();
    assert!(report.measure("many.tokio_fs").is_some());
    assert_eq!(left(), 0);
    assert!(one_line(&run("/no/such/folder", "20"), 1).contains("temporary files cannot be made"));
}

/// A file that cannot be written as a whole ends the run, and what it made is gone.
#[cfg(target_os = "linux")]
#[test]
fn no_file_is_left_when_writing_fails_in_the_middle() {
    let home = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_asyncio");
    // A limit on the size of files, below that of ours; without SIGXFSZ the write fails and the program goes on.
    let script = format!("trap '' XFSZ; ulimit -f 4; exec {program} files --seconds 0 --no-python --lang en");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script]).env("TMPDIR", home.path());
    shell.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let line = one_line(&finish(shell.spawn().unwrap()), 1);
    assert!(line.contains("temporary files cannot be made"), "{line}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}
