//! Programs that are hard to watch: each works, or the reason why not is told in one line; and nothing of the program is changed.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use harness::{Done, Guarded, alive, descendants, finish, signal, start, until, until_some};
use lab::report::Report;

use crate::programs::{begin, choose, read, record, run, value};
use crate::pythons::{PYTHON, that_publishes};

const CHOOSE: &str = env!("CARGO_BIN_EXE_choose");

/// Runs a shell's command with `choose` as `$0`.
fn in_shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script, CHOOSE]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Whether a command works here. If not, what needs it is not tested, and says so.
fn works(command: &[&str]) -> bool {
    let done = Command::new(command[0]).args(&command[1..]).stdin(Stdio::null()).output();
    let works = done.is_ok_and(|done| done.status.success());
    if !works {
        eprintln!("not tested: {command:?} does not work here");
    }
    works
}

/// Whether a process runs this program.
fn is_called(pid: u32, name: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim_end() == name)
}

#[track_caller]
fn one_line(done: &Done, said: &str) {
    assert!(done.err.contains(said) && done.err.lines().count() == 1, "{said}: {done:?}");
}

/// A copy of a program that every user may run.
fn for_all(folder: &Path, program: &str, mode: u32) -> String {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    let copy = folder.join(Path::new(program).file_name().unwrap());
    fs::copy(program, &copy).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(mode)).unwrap();
    copy.to_str().unwrap().to_owned()
}

/// Words that make a command run as nobody, who has no rights.
const AS_NOBODY: [&str; 4] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

/// Runs `choose` as nobody; `None` where that is not possible.
fn run_as_nobody(args: &[&str]) -> Option<Done> {
    let home = tempfile::tempdir().unwrap();
    let choose = for_all(home.path(), CHOOSE, 0o755);
    if !works(&[&AS_NOBODY[..], &[&choose, "--help"]].concat()) {
        return None;
    }
    let mut command = Command::new(AS_NOBODY[0]);
    command.args(&AS_NOBODY[1..]).args([&choose, "--lang", "en", "--no-python"]).args(args).current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Some(finish(start(&mut command)))
}

#[test]
fn a_program_of_no_rights_needs_none() {
    let Some(done) = run_as_nobody(&["--json", "--", "sleep", "0.4"]) else { return };
    let report: Report = serde_json::from_str(&done.ends_with(0).out).unwrap();
    assert_eq!(value(&report, "waits_seen"), 1.0);
    assert!(value(&report, "work.timer") > 0.1e9, "its own program's waiting is seen");
}

#[test]
fn what_is_not_ours_is_watched_as_far_as_permitted() {
    let sleeper = Guarded::from(start(Command::new("sleep").arg("600")));
    let pid = sleeper.0.id().to_string();
    let Some(done) = run_as_nobody(&["--json", "--pid", &pid, "--seconds", "0.4"]) else { return };
    let report: Report = serde_json::from_str(&done.out).unwrap();
    let done = done.ends_with(0);
    one_line(&done, "The kernel does not tell what this program waits for");
    assert_eq!(value(&report, "waits_seen"), 0.0);
    assert!(value(&report, "work.unknown") > 0.1e9, "that it waits is seen");
}

#[test]
fn a_set_uid_program_is_run_and_its_rights_are_kept() {
    let home = tempfile::tempdir().unwrap();
    let (sleep, id) = (for_all(home.path(), "/bin/sleep", 0o4755), for_all(home.path(), "/usr/bin/id", 0o4755));
    let user = |words: &[&str]| Command::new(words[0]).args(&words[1..]).output().ok().map(|done| done.stdout);
    let own = user(&[&id, "-u"]);
    if !works(&[&AS_NOBODY[..], &[&id, "-u"]].concat()) || user(&[&AS_NOBODY[..], &[&id, "-u"]].concat()) != own {
        eprintln!("not tested: set-uid has no effect in {}", home.path().display());
        return;
    }
    let done = run_as_nobody(&["--", &id, "-u"]).unwrap().ends_with(0);
    assert_eq!(Some(done.out.into_bytes()), own, "it is who it would be");
    let done = run_as_nobody(&["--", &sleep, "0.4"]).unwrap().ends_with(0);
    assert!(done.err.starts_with("The kernel does not tell what this program waits for"), "{}", done.err);
}

#[test]
fn the_gil_is_seen_in_a_namespace_of_its_own() {
    let Some(python) = that_publishes() else { return };
    // A user namespace makes it possible without rights; its threads have other numbers inside.
    let unshare = ["unshare", "--map-root-user", "--pid", "--fork"];
    if !works(&[&unshare[..], &["true"]].concat()) {
        return;
    }
    let code = "def crunch():\n    total = 0\n    for i in range(12_000_000): total += i\ncrunch()";
    let report = record(&[&unshare[..], &[python.to_str().unwrap(), "-c", code]].concat());
    let (held, free) = (value(&report, "work.python"), value(&report, "work.native"));
    assert!(held > 4.0 * free, "{held} with the GIL, {free} without: {}", report.shows.en);
    assert!(report.measure("line.0.python").unwrap().name.en.ends_with("crunch"), "{}", report.shows.en);
}

#[test]
fn the_cores_are_those_that_the_program_may_use() {
    let allowed = fs::read_to_string("/proc/self/status").unwrap();
    let list = allowed.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap().trim();
    let first = list.split([',', '-']).next().unwrap();
    if !works(&["taskset", "-c", first, "true"]) {
        return;
    }
    let report = record(&["taskset", "-c", first, "sleep", "0.5"]);
    assert_eq!((value(&report, "cores"), value(&report, "plan.cores")), (1.0, 1.0));
}

/// Seen only if the process in the middle lives until its children are looked for: then the daemon belongs to init.
#[test]
fn a_daemon_goes_on() {
    let code = "\
import os, time
r, w = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        null = os.open('/dev/null', os.O_RDWR)
        [os.dup2(null, fd) for fd in (0, 1, 2)]
        os.write(w, str(os.getpid()).encode())
        time.sleep(600)
    time.sleep(1)
    os._exit(0)
os.wait()
print(os.read(r, 20).decode())
";
    let done = run(&["--no-python", "--", PYTHON, "-c", code]).ends_with(0);
    let daemon: u32 = done.out.trim().parse().unwrap();
    let goes_on = alive(daemon);
    signal("KILL", daemon);
    assert!(goes_on, "{done:?}");
    assert!(done.err.contains("1 processes went on after"), "{}", done.err);
}

#[test]
fn a_program_outlives_us_as_it_outlives_any_parent() {
    let mut command = choose(&["--no-python", "--", "sleep", "600"]);
    let child = start(command.stdout(Stdio::null()).stderr(Stdio::null()));
    let is_program = |pid: &u32| is_called(*pid, "sleep");
    let program = until_some("the program to be loaded", || descendants(child.id()).into_iter().find(is_program));
    signal("KILL", child.id());
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&finish(child).status), Some(9));
    let goes_on = alive(program);
    signal("KILL", program);
    assert!(goes_on);
}

fn to_group(name: &str, group: u32) -> bool {
    let status = Command::new("kill").args(["-s", name, "--", &format!("-{group}")]).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// What is stopped when a test fails would stay so, with its pipes open.
struct Group(u32);

impl Drop for Group {
    fn drop(&mut self) {
        to_group("KILL", self.0);
    }
}

#[test]
fn time_in_which_it_is_stopped_is_not_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.json");
    let args = ["--no-python", "--out", file.to_str().unwrap(), "--", "sh", "-c", "sleep 0.3; sleep 0.3; sleep 0.3"];
    let begun = Instant::now();
    // A group of its own, as a shell makes one for each command.
    let child = start(choose(&args).process_group(0));
    let group = child.id();
    let guard = Group(group);
    let to_all = |name: &str| assert!(to_group(name, group));
    let has_stopped = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('T'))
    };
    // Not before: whoever starts a program waits for it to be loaded, and cannot be stopped meanwhile.
    until("the program to be loaded", || descendants(group).into_iter().any(|pid| is_called(pid, "sleep")));
    to_all("STOP");
    until("all to be stopped", || descendants(group).into_iter().chain([group]).all(has_stopped));
    let stopped = Instant::now();
    std::thread::sleep(std::time::Duration::from_secs(2));
    let stopped = stopped.elapsed();
    to_all("CONT");
    finish(child).ends_with(0);
    drop(guard);
    let all = begun.elapsed();
    let report = read(&file);
    let (wall, timer) = (value(&report, "wall"), value(&report, "work.timer"));
    assert!(wall + stopped.as_nanos() as f64 <= all.as_nanos() as f64, "{wall} and {stopped:?} in {all:?}");
    assert!(timer <= wall, "{timer} in {wall}");
}

/// Runs a program of Python in a terminal; `None` where there is no script(1). The keys are pressed when the program has called `ready()`.
fn in_terminal(code: &str, keys: &[u8]) -> Option<Done> {
    if !works(&["script", "-qec", "true", "/dev/null"]) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let (program, ready) = (folder.path().join("program.py"), folder.path().join("ready"));
    let begin = "import signal, sys, time\ndef ready(): open(sys.argv[1], 'w').close()\n";
    fs::write(&program, begin.to_owned() + code).unwrap();
    let (shown, ready_shown) = (program.display(), ready.display());
    // `exec`: a shell that stays between passes Ctrl-C on to itself: dash ends by it, and its exit code is not the command's.
    let line = format!("exec '{CHOOSE}' --lang en --no-python -- {PYTHON} '{shown}' '{ready_shown}'");
    let mut command = Command::new("script");
    command.env("SHELL", "/bin/sh");
    command.args(["-qec", &line, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = start(&mut command);
    let mut typed = child.stdin.take().unwrap();
    until("the program to be ready", || ready.exists());
    typed.write_all(keys).unwrap();
    Some(finish(child))
}

/// Ctrl-C does nothing where SIGINT is ignored, as in a background job of a shell.
fn can_interrupt() -> bool {
    if harness::ignores_interrupts() {
        eprintln!("not tested: this process ignores SIGINT, and its children inherit that");
    }
    !harness::ignores_interrupts()
}

#[test]
fn a_program_reads_its_terminal() {
    let code = "ready()\nprint('hello', input(), sys.stdin.isatty(), sys.stdout.isatty())\n";
    let Some(done) = in_terminal(code, b"Kim\n") else { return };
    let done = done.ends_with(0);
    assert!(done.out.contains("hello Kim True True"), "{done:?}");
}

#[test]
fn ctrl_c_reaches_the_program_once() {
    if !can_interrupt() {
        return;
    }
    let code = "\
count = 0
def interrupted(*_):
    global count
    count += 1
signal.signal(signal.SIGINT, interrupted)
ready()
while count == 0: time.sleep(0.01)
end = time.monotonic() + 1
while time.monotonic() < end: time.sleep(0.01)
print('interrupted', count)
sys.exit(9)
";
    let Some(done) = in_terminal(code, b"\x03") else { return };
    let done = done.ends_with(9);
    assert!(done.out.contains("interrupted 1\r\n"), "{done:?}");
    assert!(done.out.contains("predicted for 8 pieces"), "what was seen is told: {done:?}");
}

#[test]
fn ctrl_c_that_ends_the_program_ends_us_with_its_exit_code() {
    if !can_interrupt() {
        return;
    }
    let code = "ready()\ntime.sleep(600)\n";
    let Some(done) = in_terminal(code, b"\x03") else { return };
    let done = done.ends_with(130);
    assert!(done.out.contains("KeyboardInterrupt") && done.out.contains("predicted for 8 pieces"), "{done:?}");
}

#[test]
fn a_pipe_that_is_closed_early_ends_the_program_as_it_would() {
    let mut child = start(&mut choose(&["--no-python", "--", "sh", "-c", "while echo line; do sleep 0.01; done"]));
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    drop(out);
    // 128 and SIGPIPE.
    finish(child).ends_with(141);

    // With --json the page itself cannot be printed.
    let mut child = start(&mut choose(&["--json", "--no-python", "--", "sh", "-c", "echo line; exec >&-; sleep 0.3"]));
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    drop(out);
    let done = finish(child).ends_with(1);
    one_line(&done, "the output pipe was closed");
}

#[test]
fn a_file_that_cannot_be_written_is_refused_before_the_program_runs() {
    let home = tempfile::tempdir().unwrap();
    let marker = home.path().join("ran");
    for option in ["--out", "--trace", "--svg"] {
        for file in ["/proc/file", "/no/such/folder/file"] {
            let done = run(&[option, file, "--no-python", "--", "touch", marker.to_str().unwrap()]).ends_with(1);
            one_line(&done, "cannot be written");
            assert!(!marker.exists(), "{option} {file}: it ran in vain");
        }
    }
}

#[test]
fn what_cannot_be_started_is_told_in_one_line() {
    let home = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str, mode: u32| {
        let path = home.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let plain = file("plain", "echo hi\n", 0o755);
    for (program, said) in [
        ("", "there is no such program"),
        ("/no/such/program", "there is no such program"),
        ("/proc/self/status/program", "cannot be started: Not a directory"),
        ("/tmp", "is a folder"),
        (&file("may-not", "#!/bin/sh\n", 0o644), "cannot be started: Permission denied"),
        (&file("gone", "#!/no/such/interpreter\n", 0o755), "no such interpreter"),
        (&plain, "give its interpreter first"),
    ] {
        let done = run(&["--no-python", "--", program]).ends_with(2);
        one_line(&done, said);
    }
    assert_eq!(run(&["--no-python", "--", "sh", &plain]).ends_with(0).out, "hi\n", "the advice works");
    // Python itself says what it cannot read; its exit code is ours.
    let done = run(&["--no-python", "--", PYTHON, "/no/such/script.py"]).ends_with(2);
    assert!(done.err.contains("can't open file") && done.err.contains("ended with exit code 2"), "{}", done.err);
}

#[test]
fn every_kind_of_pid_works_or_is_refused_in_one_line() {
    let done = run(&["--no-python", "--json", "--pid", "1", "--seconds", "0.1"]);
    if !done.status.success() {
        one_line(&done, "--pid 1");
    }
    for (pid, said) in [
        ("0", "from 1 to 2147483647"),
        ("-1", "from 1 to 2147483647"),
        ("2147483648", "from 1 to 2147483647"),
        ("99999999999999999999", "from 1 to 2147483647"),
        ("1x", "from 1 to 2147483647"),
        ("2147483647", "there is no such process"),
    ] {
        one_line(&run(&["--pid", pid]).ends_with(2), said);
    }
    let of_itself = finish(start(&mut in_shell("exec \"$0\" --lang en --pid $$ --seconds 0.1"))).ends_with(2);
    one_line(&of_itself, "that is this command itself");

    let code = "import threading, time\nt = threading.Thread(target=time.sleep, args=(600,), daemon=True)\nt.start()\n\
                print(t.native_id, flush=True)\ntime.sleep(600)";
    let mut command = Command::new(PYTHON);
    let mut program = Guarded::from(start(command.args(["-c", code]).stdout(Stdio::piped())));
    let mut thread = String::new();
    BufReader::new(program.0.stdout.take().unwrap()).read_line(&mut thread).unwrap();
    let done = run(&["--pid", thread.trim(), "--seconds", "0.1"]).ends_with(2);
    one_line(&done, "that is a thread, not a process");

    // A zombie: it has ended, and its parent has not asked for its exit code.
    let parent = Guarded::from(start(Command::new("sh").args(["-c", "true & exec sleep 600"])));
    let zombie = until_some("a zombie", || descendants(parent.0.id()).into_iter().find(|pid| !alive(*pid)));
    one_line(&run(&["--pid", &zombie.to_string()]).ends_with(2), "has ended already");
}

#[test]
fn who_watches_a_parent_does_not_watch_itself() {
    let done = finish(start(&mut in_shell("\"$0\" --json --no-python --pid $$ --seconds 0.3 & wait"))).ends_with(0);
    let report: Report = serde_json::from_str(&done.out).unwrap();
    assert_eq!(value(&report, "processes"), 1.0, "the shell alone");
}

#[test]
fn an_ignored_sigchld_does_not_hide_the_end() {
    let ignore =
        "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])";
    let mut command = Command::new(PYTHON);
    command.args(["-c", ignore, CHOOSE, "--no-python", "--", "sh", "-c", "sleep 0.1; exit 3"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    finish(start(&mut command)).ends_with(3);
}

#[test]
fn few_files_are_the_program_s_limit_and_not_ours() {
    let code = "\
import resource, threading, time
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
together = threading.Barrier(200)
def work():
    together.wait()
    time.sleep(1.5)
threads = [threading.Thread(target=work) for _ in range(200)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
";
    let folder = tempfile::tempdir().unwrap();
    let (script, file) = (folder.path().join("many.py"), folder.path().join("run.json"));
    fs::write(&script, code).unwrap();
    let line =
        format!("ulimit -Sn 64; exec \"$0\" --no-python --out '{}' -- {PYTHON} '{}'", file.display(), script.display());
    assert_eq!(finish(start(&mut in_shell(&line))).ends_with(0).out, "64\n");
    assert!(value(&read(&file), "overlap") > 100.0, "{} waited at once", value(&read(&file), "overlap"));

    // So few that not even the program itself can be watched: it runs, and its end is told.
    let done = finish(start(&mut in_shell("ulimit -n 6; exec \"$0\" --lang en --no-python -- sh -c 'echo ran'")));
    assert!(done.out == "ran\n" && done.err.contains("Too many open files"), "{done:?}");
}

#[test]
fn after_the_end_signals_are_for_us() {
    let Some(python) = that_publishes() else { return };
    let child = begin(&["--", python.to_str().unwrap(), "-c", "pass"]);
    let is_measuring = || {
        let words = |pid: u32| fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        descendants(child.id()).into_iter().any(|pid| words(pid).contains("costs.py"))
    };
    until("the costs to be measured", || is_measuring() || !alive(child.id()));
    let family = descendants(child.id());
    signal("TERM", child.id());
    let done = finish(child);
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&done.status), Some(15), "{done:?}");
    until("what measures to end with us", || !family.iter().any(|pid| alive(*pid)));
}
