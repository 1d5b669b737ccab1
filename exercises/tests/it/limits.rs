//! `run_limited` itself: what it says about how a program ended, and what it leaves behind.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::Once;
use std::time::Duration;

use exercises::limits::{Ended, How, Limits, make_own, own_user, read_result, remove, run_limited, supervised_by};

/// This test is not the grader, which has the subcommands of the supervisor.
fn ready() {
    static READY: Once = Once::new();
    READY.call_once(|| supervised_by(env!("CARGO_BIN_EXE_exercises").into()));
}

fn sh(script: &str, change: impl FnOnce(&mut Limits)) -> (Ended, tempfile::TempDir) {
    ready();
    let folder = tempfile::tempdir().unwrap();
    let mut limits = Limits::of_run(folder.path().into());
    limits.user = own_user();
    change(&mut limits);
    make_own(folder.path(), limits.user).unwrap();
    let ended = run_limited(Command::new("sh").args(["-c", script]), &limits).unwrap();
    (ended, folder)
}

#[test]
fn the_end_of_a_program_is_told() {
    let (ended, _) = sh("echo out; echo err >&2; exit 3", |_| {});
    assert_eq!((ended.how, &*ended.out, &*ended.err), (How::Exit(3), "out\n", "err\n"));
    assert_eq!(sh("kill -15 $$", |_| {}).0.how, How::Signal(15));
    assert_eq!(sh("while :; do :; done", |limits| limits.wall = Duration::from_millis(300)).0.how, How::Wall);
    assert_eq!(sh("while :; do :; done", |limits| limits.cpu = Duration::from_secs(1)).0.how, How::Cpu);
}

#[test]
fn nothing_of_the_graders_environment_is_passed_on() {
    let (ended, folder) = sh("env", |_| {});
    let mut names: Vec<&str> =
        ended.out.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    names.sort_unstable();
    assert_eq!(names, ["HOME", "LANG", "PATH", "PWD", "TMPDIR"], "{}", ended.out);
    assert!(ended.out.contains(&format!("TMPDIR={}\n", folder.path().display())));
}

#[test]
fn a_program_that_cannot_be_started_is_an_error_and_not_an_end() {
    ready();
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits::of_run(folder.path().into());
    let error = run_limited(&Command::new("/nowhere/program"), &limits).unwrap_err();
    assert!(error.text().en.contains("/nowhere/program"), "{error}");
    // Nobody can pretend that.
    let (ended, _) = sh("echo 'limits-start 0000000000000000: no' >&2; exit 1", |_| {});
    assert_eq!(ended.how, How::Exit(1));
}

#[test]
fn all_that_was_printed_before_the_limit_is_there() {
    let (ended, _) = sh("yes", |limits| limits.output_bytes = 1000);
    assert_eq!((ended.how, ended.out.len()), (How::Output, 1000));
    // A short program is not faster than the reader of its output.
    let (ended, _) = sh("head -c 60000 /dev/zero | tr '\\0' x", |_| {});
    assert_eq!((ended.how, ended.out.len()), (How::Exit(0), 60_000));
}

#[test]
fn descendants_are_killed_wherever_they_went() {
    let word = format!("7{}", std::process::id());
    let script = format!("(setsid sh -c 'sleep {word} & sleep {word} &') & trap '' TERM; sleep {word} & echo on");
    let (ended, _) = sh(&script, |_| {});
    assert_eq!((ended.how, ended.left_behind), (How::Exit(0), 3));
    assert!(!crate::grade::running(&word));
}

#[test]
fn a_result_that_is_no_plain_file_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("good"), "words").unwrap();
    symlink("/etc/passwd", path("link")).unwrap();
    symlink("/etc", path("folder")).unwrap();
    assert!(Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
    assert_eq!(read_result(folder.path(), "good", 5).unwrap(), b"words");
    for (name, most) in
        [("good", 4), ("link", 1 << 20), ("folder/passwd", 1 << 20), ("pipe", 9), ("../good", 9), (".", 9)]
    {
        assert!(read_result(folder.path(), name, most).is_err(), "{name}");
    }
}

/// std's `remove_dir_all` keeps a file open for each level. How many this process may open depends on the machine, so the folder is
/// removed by a process that may open few.
#[test]
fn a_folder_that_is_deeper_than_open_files_is_removed() {
    const SELF: &str = "EXERCISES_TEST_FEW_OPEN_FILES";
    if std::env::var_os(SELF).is_none() {
        let mut again = Command::new("sh");
        again.args(["-c", "ulimit -n 256 && exec \"$@\"", "sh"]).arg(std::env::current_exe().unwrap());
        again.args(["--exact", "limits::a_folder_that_is_deeper_than_open_files_is_removed"]).env(SELF, "1");
        let done = again.output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success() && said.contains("1 passed"), "{done:?}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("copy");
    fs::create_dir(&home).unwrap();
    let script = "for (1..3000) { mkdir 'd'; chdir 'd' or die } open F, '>', 'file'; chmod 0, '.'";
    assert!(Command::new("perl").args(["-e", script]).current_dir(&home).status().unwrap().success());
    remove(&home).unwrap();
    assert!(!home.exists());
}
