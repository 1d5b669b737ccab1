//! The pool's experiments as a reader runs them; what is left when the program is killed or interrupted.

use std::fs;
use std::time::Instant;

use crate::common::{
    ProcessInfo, Program, can_look, children, complaint, finish, lives, run, signal, start, until, workers,
};
use lab::report::Report;

fn report(args: &[&str]) -> Report {
    let output = run(args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON object and nothing else")
}

fn value(report: &Report, id: &str) -> f64 {
    report.measure(id).unwrap_or_else(|| panic!("no {id}")).median()
}

#[test]
fn five_tasks_have_a_lane_a_worker() {
    let report = report(&["pool", "--workers", "3", "--iterations", "100000", "--json", "--no-python"]);
    assert_eq!(report.traces[0].lanes.len(), 3);
    assert!(report.traces[0].duration() > 0);
    assert!(report.verdicts.iter().all(|v| v.about().is_some()));
}

#[test]
fn a_storm_is_weathered() {
    let report =
        report(&["kill-storm", "--tasks", "500", "--iterations", "50000", "--kills", "20", "--json", "--no-python"]);
    assert_eq!((value(&report, "kills"), value(&report, "lost"), value(&report, "twice")), (20.0, 0.0, 0.0));
    let dead = report.traces[0].lanes.iter().filter(|lane| lane.name.en.ends_with('†')).count();
    assert!(dead > 0 && report.traces[0].lanes.len() > 2, "{dead} of {}", report.traces[0].lanes.len());
}

#[test]
fn messages_are_measured_in_all_ways() {
    let report = report(&["ipc", "--rounds", "1", "--json", "--no-python"]);
    for way in ["pipe", "pool", "shared", "thread"] {
        assert!(value(&report, &format!("message.1048576.{way}")) > 0.0);
    }
    assert!(report.tables.len() == 2 && report.tables.iter().all(|table| !table.rows.is_empty()));
}

#[test]
fn our_pool_loses_nothing_beside_pythons() {
    let report = report(&["pool-failures", "--trials", "2", "--json", "--no-python"]);
    for moment in ["idle", "busy"] {
        assert_eq!(value(&report, &format!("ours.{moment}.came")), 8.0);
    }
    assert!(report.notes.iter().any(|note| note.en.contains("not measured")), "{:?}", report.notes);
}

#[test]
fn what_does_not_fit_is_refused_in_a_line() {
    for args in [
        ["pool", "--workers", "0"],
        ["pool", "--iterations", "0"],
        ["kill-storm", "--kills", "-1"],
        ["kill-storm", "--tasks", "many"],
        ["ipc", "--rounds", "0"],
        ["pool-failures", "--timeout", "0"],
    ] {
        let output = run(&args);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}");
        assert!(complaint(&output).contains(args[1]), "{args:?}");
    }
}

/// Longer than any test: a worker that only notices between two tasks that its parent has gone does not notice in time.
const FOR_EVER: &str = "1000000000000";

/// A pool in the middle of tasks that take for ever, and all the children that it has.
fn at_work() -> (Program, Vec<ProcessInfo>) {
    let program = start(&["pool", "--workers", "2", "--iterations", FOR_EVER, "--no-python"]);
    until("two workers compute", || {
        let workers = workers(program.0.id());
        (workers.len() == 2 && workers.iter().all(|worker| ticks(*worker) > 5)).then_some(())
    });
    let children = children(program.0.id());
    (program, children)
}

/// CPU time so far, in ticks of 10 ms: utime of proc_pid_stat(5).
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    fields.split(' ').nth(11).and_then(|ticks| ticks.parse().ok()).unwrap_or(0)
}

fn gone(who: &[ProcessInfo]) {
    until("all children are gone", || who.iter().all(|child| !lives(child.pid)).then_some(()));
}

#[test]
fn no_worker_outlives_a_killed_parent() {
    if !can_look() {
        return;
    }
    // Whose orphans have a new parent in their own session are left alone by the system: a stopped one stays stopped.
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).unwrap();
    let (program, children) = at_work();
    // Not even one that cannot act by itself any more.
    let stopped = children.iter().find(|child| child.name == "pool-worker").unwrap();
    signal("STOP", stopped.pid);
    signal("KILL", program.0.id());
    let killed = Instant::now();
    gone(&children);
    // To be read, not asserted: a busy machine takes its time. That it was in the middle of a task is what counts.
    println!("all children gone {} ms after their parent was killed", killed.elapsed().as_millis());
}

#[test]
fn an_interrupt_ends_it_without_a_word() {
    if !can_look() {
        return;
    }
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap().trim();
    if u64::from_str_radix(ignored, 16).unwrap() & 0b10 != 0 {
        println!("not measured: whoever started this test ignores SIGINT, and so do our children");
        return;
    }
    let (program, children) = at_work();
    signal("INT", program.0.id());
    let output = finish(program);
    assert!(!output.status.success());
    assert_eq!((output.stdout.len(), String::from_utf8_lossy(&output.stderr).as_ref()), (0, ""), "no traceback");
    gone(&children);
}

/// A terminal's Ctrl-C goes to a whole process group: the workers must not be in their parent's.
#[test]
fn workers_are_not_in_the_group_of_their_parent() {
    if !can_look() {
        return;
    }
    let (_program, children) = at_work();
    for child in children {
        let stat = fs::read_to_string(format!("/proc/{}/stat", child.pid)).unwrap();
        let group = stat.rsplit_once(") ").unwrap().1.split(' ').nth(2).unwrap();
        assert_eq!(group, child.pid.to_string(), "{} leads its own", child.name);
    }
}
