//! Killed processes and killed parents: nothing hangs, no process is left behind, and the error names who died.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::common::{Process, children, error_line, five_tasks, has_proc, ignores_interrupts, start, until_gone};
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
    let program = start(&["article", "--iterations", "1000000000", "--no-python"]);
    let victim = until_some("process 2 runs", || child(program.0.id(), "--name 2 "));
    signal("KILL", victim.pid);
    let done = finish(program).ends_with(1);
    assert_eq!(done.err, "프로세스 2: 시그널 9로 끝났습니다\n");
    for n in 0..5 {
        assert_eq!(done.out.contains(&format!("프로세스 {n} 완료")), n != 2, "{}", done.out);
    }
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
    let program = start(&["cpu", "--workers", "1", "--iterations", "500000000", "--no-python"]);
    let worker = until_some("the worker runs", || child(program.0.id(), "process-count"));
    signal("KILL", worker.pid);
    assert_eq!(error_line(&finish(program).ends_with(1)), "프로세스 0: 시그널 9로 끝났습니다");
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
    let program = start(&["cpu", "--workers", "3", "--iterations", "100000000", "--rounds", "20", "--no-python"]);
    let workers = until_some("three workers run", || {
        let all = children(program.0.id());
        (all.iter().filter(|child| child.command.contains("process-count")).count() == 3).then_some(all)
    });
    signal("KILL", program.0.id());
    until_gone(&workers);
}

/// The known-wrong program: a child without a lifeline.
#[test]
fn a_child_without_a_lifeline_does_outlive_its_parent() {
    if !has_proc() {
        return;
    }
    let mut shell = Command::new("sh");
    shell.args(["-c", "sleep 60 </dev/null & wait"]).stdin(Stdio::null()).stdout(Stdio::null());
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
        printf '#!/bin/sh\nrm "%s"\necho "%s"\n' "$1/program" '{\"name\":\"CPython\",\"version\":[3,0,0],\"gil\":true}' > "$1/python" &&
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
