//! Killed processes and killed parents: nothing hangs, no process is left behind, and the error names who died.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::common::{
    ATTEMPTS, Process, children, error_line, five_tasks, has_proc, ignores_interrupts, kill_if_alive, start,
    until_gone, until_seen,
};
use harness::{Guarded, alive, finish, signal, until_some};

/// Longer than any test: these processes end only when they are killed.
const FOREVER: &str = "1000000000000";

fn child(parent: u32, command: &str) -> Option<Process> {
    children(parent).into_iter().find(|child| child.command.contains(command))
}

#[test]
fn a_killed_process_is_named_and_the_others_finish() {
    if !has_proc() {
        return;
    }
    let is_named = || {
        let mut program = start(&["article", "--iterations", "1000000000", "--no-python"]);
        let victim = until_seen("process 2 runs", &mut program, |pid| child(pid, "--name 2 "));
        let killed = victim.is_some_and(|victim| kill_if_alive(victim.pid));
        let done = finish(program);
        let is_done = |n| done.out.contains(&format!("프로세스 {n} 완료"));
        if !killed || is_done(2) {
            return false; // too late
        }
        assert_eq!((done.status.code(), &*done.err), (Some(1), "프로세스 2: 시그널 9로 끝났습니다\n"));
        assert!([0, 1, 3, 4].into_iter().all(is_done), "{}", done.out);
        true
    };
    assert!((0..ATTEMPTS).any(|_| is_named()), "it was never killed in time");
}

#[test]
fn all_that_were_killed_are_named_in_one_line() {
    if !has_proc() {
        return;
    }
    let program = start(&["article", "--iterations", FOREVER, "--no-python", "--lang", "en"]);
    for task in five_tasks(program.0.id()) {
        signal(if task.command.contains("--name 3 ") { "TERM" } else { "KILL" }, task.pid);
    }
    let done = finish(program).ends_with(1);
    assert_eq!(done.err, "Process 0, 1, 2, 4: ended by signal 9; Process 3: ended by signal 15\n");
}

#[test]
fn a_killed_worker_of_cpu_is_named() {
    if !has_proc() {
        return;
    }
    let is_named = || {
        let mut program = start(&["cpu", "--workers", "1", "--iterations", "500000000", "--no-python"]);
        let worker = until_seen("the worker runs", &mut program, |pid| child(pid, "process-count"));
        let killed = worker.is_some_and(|worker| kill_if_alive(worker.pid));
        let done = finish(program);
        // A worker that had sent its sum could be killed without harm.
        if !killed || done.status.success() {
            return false;
        }
        assert_eq!(error_line(&done.ends_with(1)), "프로세스 0: 시그널 9로 끝났습니다");
        true
    };
    assert!((0..ATTEMPTS).any(|_| is_named()), "no worker was killed in time");
}

#[test]
fn no_process_outlives_a_killed_parent() {
    if !has_proc() {
        return;
    }
    let program = start(&["article", "--iterations", FOREVER, "--no-python"]);
    let tasks = five_tasks(program.0.id());
    signal("KILL", program.0.id());
    until_gone(&tasks);
}

#[test]
fn no_worker_of_cpu_outlives_a_killed_parent() {
    if !has_proc() {
        return;
    }
    let are_gone = || {
        let args = ["cpu", "--workers", "3", "--iterations", "500000000", "--rounds", "20", "--no-python"];
        let mut program = start(&args);
        let workers = until_seen("three workers run", &mut program, |pid| {
            let all = children(pid);
            (all.iter().filter(|child| child.command.contains("process-count")).count() == 3).then_some(all)
        });
        signal("KILL", program.0.id());
        workers.as_deref().inspect(|workers| until_gone(workers)).is_some()
    };
    assert!((0..ATTEMPTS).any(|_| are_gone()), "three workers were never seen at once");
}

/// The known-wrong program: a child without a lifeline.
#[test]
fn a_child_without_a_lifeline_does_outlive_its_parent() {
    if !has_proc() {
        return;
    }
    let mut shell = Command::new("sh");
    shell.args(["-c", "sleep 1000 </dev/null & wait"]).stdin(Stdio::null()).stdout(Stdio::null());
    let shell = Guarded(shell.spawn().unwrap());
    let sleeper = until_some("it sleeps", || children(shell.0.id()).pop().filter(|c| c.command.starts_with("sleep")));
    drop(shell); // kill -9
    thread::sleep(Duration::from_millis(300));
    let outlived = alive(sleeper.pid);
    signal("KILL", sleeper.pid);
    assert!(outlived);
}

#[test]
fn an_interrupt_leaves_nothing_behind() {
    if !has_proc() || ignores_interrupts() {
        return;
    }
    let program = start(&["article", "--iterations", FOREVER, "--no-python"]);
    let tasks = five_tasks(program.0.id());
    signal("INT", program.0.id());
    assert!(!finish(program).status.success());
    until_gone(&tasks);
}

/// The executable is deleted after it has started, by a fake interpreter that it asks for its version.
#[test]
fn a_program_that_cannot_start_itself_says_so() {
    if !has_proc() {
        return;
    }
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("deleted-{}", std::process::id()));
    let (program, python) = (home.join("program"), home.join("python"));
    // A shell writes the files: a test in another thread may fork while we have the executable open for writing, and then it cannot be
    // run.
    let make = r#"mkdir -p "$1" && cp "$2" "$1/program" && chmod +x "$1/program" &&
        printf '#!/bin/sh\nrm "%s"\necho "%s"\n' "$1/program" '{\"name\":\"CPython\",\"version\":[3,0,0],\"gil\":true,\"source\":\"name\",\"lacks\":[],\"prefix\":[1]}' > "$1/python" &&
        chmod +x "$1/python""#;
    for (experiment, who) in [("article", "Process 0, 1, 2, 3, 4: "), ("cpu", "Process 0, 1, 2, 3: ")] {
        let mut shell = Command::new("sh");
        shell.args(["-c", make, "sh"]).arg(&home).arg(env!("CARGO_BIN_EXE_multiprocessing"));
        assert!(shell.status().unwrap().success());
        let mut command = Command::new(&program);
        command
            .args([experiment, "--iterations", "1000", "--lang", "en", "--python"])
            .arg(&python)
            .stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let said = error_line(&finish(harness::start(&mut command)).ends_with(1));
        assert!(said.starts_with(who) && said.contains("cannot be run"), "{said}");
    }
    fs::remove_dir_all(&home).unwrap();
}
