//! The pool's experiments as a reader runs them, and killing or interrupting them.

use std::time::Instant;

use crate::common::{
    Process, children, error_line, has_proc, ignores_interrupts, report, run, start, stat_field, until_gone, workers,
};
use harness::{Guarded, finish, signal, until};
use lab::claims::{Outcome, Verdict};
use lab::report::Report;
use lab::trace::State;

fn value(report: &Report, id: &str) -> f64 {
    report.measure(id).unwrap_or_else(|| panic!("no {id}")).median()
}

#[test]
fn five_tasks_have_a_lane_for_each_worker() {
    let report =
        report(&run(&["pool", "--workers", "3", "--iterations", "100000", "--json", "--no-python"]).ends_with(0));
    assert_eq!(report.traces[0].lanes.len(), 3);
    assert!(report.traces[0].duration() > 0);
    assert!(report.verdicts.iter().all(|v| v.about().is_some()));
}

#[test]
fn no_result_is_lost_when_workers_are_killed() {
    let report = report(
        &run(&["kill-storm", "--tasks", "500", "--iterations", "500000", "--kills", "20", "--json", "--no-python"])
            .ends_with(0),
    );
    assert_eq!((value(&report, "lost"), value(&report, "twice")), (0.0, 0.0));
    // On a busy machine results arrive many at once, and the work can be done before the last kills. That must be said.
    let kills = value(&report, "kills");
    assert!((1.0..=20.0).contains(&kills), "{kills}");
    let said = report.notes.iter().any(|note| note.en.contains("kills asked for: 20"));
    assert_eq!(said, kills < 20.0, "{kills} kills, {:?}", report.notes);
    let dead = report.traces[0].lanes.iter().filter(|lane| lane.name.en.ends_with('†')).count();
    assert!(dead > 0 && report.traces[0].lanes.len() > 2, "{dead} of {}", report.traces[0].lanes.len());
    // Each of them has its mark at the end of its bar, and no other lane has one.
    for lane in &report.traces[0].lanes {
        let marks: Vec<bool> = lane.spans.iter().map(|span| span.state == State::Killed).collect();
        let killed = lane.name.en.ends_with('†');
        assert_eq!((marks.iter().any(|mark| *mark), marks.last() == Some(&true)), (killed, killed), "{lane:?}");
    }
}

#[test]
fn messages_are_measured_over_all_transports() {
    let report = report(&run(&["ipc", "--rounds", "1", "--json", "--no-python"]).ends_with(0));
    for transport in ["pipe", "pool", "shared", "thread"] {
        assert!(value(&report, &format!("message.1048576.{transport}")) > 0.0);
    }
    assert!(report.tables.len() == 2 && report.tables.iter().all(|table| !table.rows.is_empty()));
}

#[test]
fn our_pool_loses_nothing_beside_pythons() {
    let report =
        report(&run(&["pool-failures", "--trials", "2", "--timeout", "10", "--json", "--no-python"]).ends_with(0));
    for moment in ["idle", "busy"] {
        assert_eq!(value(&report, &format!("ours.{moment}.came")), 8.0);
    }
    let is_unmeasured = |verdict: &Verdict| matches!(verdict.outcome, Outcome::NotMeasured(_));
    assert!(report.verdicts.iter().any(is_unmeasured), "{:?}", report.verdicts);
}

#[test]
fn wrong_values_are_refused_in_one_line() {
    for args in [
        ["pool", "--workers", "0"],
        ["pool", "--iterations", "0"],
        ["kill-storm", "--kills", "-1"],
        ["kill-storm", "--tasks", "many"],
        ["ipc", "--rounds", "0"],
        ["pool-failures", "--timeout", "0"],
    ] {
        assert!(error_line(&run(&args).ends_with(2)).contains(args[1]), "{args:?}");
    }
}

/// Longer than any test: a worker that notices only between two tasks that its parent is dead would notice too late.
const FOREVER: &str = "1000000000000";

/// A program whose pool is in the middle of endless tasks, and all its children.
fn at_work() -> (Guarded, Vec<Process>) {
    let program = start(&["pool", "--workers", "2", "--iterations", FOREVER, "--no-python"]);
    until("two workers compute", || {
        let workers = workers(program.0.id());
        workers.len() == 2 && workers.iter().all(|worker| cpu_ticks(*worker) > 5)
    });
    let children = children(program.0.id());
    (program, children)
}

/// CPU time in user mode so far, in ticks of 10 ms.
fn cpu_ticks(pid: u32) -> u64 {
    stat_field(pid, 14).and_then(|ticks| ticks.parse().ok()).unwrap_or(0)
}

#[test]
fn no_worker_outlives_a_killed_parent() {
    if !has_proc() {
        return;
    }
    // The system wakes a stopped orphan only if its new parent is in another session; with this process as the new parent it stays
    // stopped.
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).unwrap();
    let (program, children) = at_work();
    // Not even a stopped worker, which cannot end by itself.
    let stopped = children.iter().find(|child| child.name == "pool-worker").unwrap();
    signal("STOP", stopped.pid);
    signal("KILL", program.0.id());
    let killed = Instant::now();
    until_gone(&children);
    // Printed, not asserted: a busy machine takes its time.
    println!("all children gone {} ms after their parent was killed", killed.elapsed().as_millis());
}

#[test]
fn an_interrupt_ends_it_without_output() {
    if !has_proc() || ignores_interrupts() {
        return;
    }
    let (program, children) = at_work();
    signal("INT", program.0.id());
    let done = finish(program);
    assert!(!done.status.success());
    assert_eq!((done.out.as_str(), done.err.as_str()), ("", ""), "no traceback");
    until_gone(&children);
}

/// A terminal's Ctrl-C goes to a whole process group: the workers must not be in their parent's.
#[test]
fn workers_are_not_in_the_group_of_their_parent() {
    if !has_proc() {
        return;
    }
    let (_program, children) = at_work();
    for child in children {
        let group = stat_field(child.pid, 5);
        assert_eq!(group, Some(child.pid.to_string()), "{} leads its own", child.name);
    }
}
