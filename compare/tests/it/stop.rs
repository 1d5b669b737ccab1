//! Ctrl-C: what was measured is reported, and the exit code says that it was stopped.

#![cfg(target_os = "linux")]

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use lab::report::Report;

/// Whether a process has a handler for SIGINT: bit 1 of the mask, `proc_pid_status(5)`.
fn handles_sigint(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0");
    u64::from_str_radix(mask.trim(), 16).unwrap_or(0) & 0b10 != 0
}

fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn ctrl_c_ends_the_measurement_and_not_the_report() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_compare"));
    command.args(["--json", "--no-python", "--lang", "en", "--thorough", "--iterations", "1000000"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Until it listens the signal would end it. A program that never does is sent the signal all the same, and fails.
    for _ in 0..4000 {
        if handles_sigint(child.id()) {
            break;
        }
        thread::sleep(Duration::from_millis(5));
    }
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Report = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report.exit_code, 130);
    assert!(report.failures.iter().any(|line| line.en.contains("stopped")), "{:?}", report.failures);
    // Five minutes of rounds were asked for, and nearly all of them were left out: a line says so of every cell without samples.
    assert!(report.notes.iter().any(|note| note.en.contains("the run was stopped before")), "{:?}", report.notes);
}
