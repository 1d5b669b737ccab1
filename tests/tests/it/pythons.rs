//! The twins on every Python that is installed, and on fake interpreters.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use harness::{alive, descendants, finish, signal, start, until};
use lab::claims::Outcome;
use lab::report::Report;
use tests::run::{self, run};

/// `python3` and all versions of Python 3 in pyenv, if they run.
fn pythons() -> Vec<String> {
    let home = env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".pyenv")));
    let versions = home.and_then(|home| fs::read_dir(home.join("versions")).ok()).into_iter().flatten().flatten();
    let mut found: Vec<String> = versions
        .filter(|version| version.file_name().to_string_lossy().starts_with("3."))
        .map(|version| version.path().join("bin/python").display().to_string())
        .collect();
    found.push("python3".to_owned());
    found.retain(|python| Command::new(python).arg("--version").output().is_ok_and(|out| out.status.success()));
    // Without a Python nothing is measured here; CI must have one.
    assert!(!found.is_empty() || env::var_os("CI").is_none(), "CI has no Python");
    if found.is_empty() {
        println!("not measured: there is no Python here");
    }
    found.sort();
    found
}

fn report(program: &str, args: &[&str]) -> Report {
    serde_json::from_str(&run(program, &[args, &["--json"]].concat()).ends_with(0).out).unwrap()
}

/// Every twin runs on every interpreter: what it adds to the report carries the interpreter's name.
#[test]
fn every_twin_runs_on_every_python() {
    let pythons = pythons();
    let options: Vec<&str> = pythons.iter().flat_map(|python| ["--python", python]).collect();
    let twins: &[(&str, &[&str])] = &[
        ("kitchen", &["cooks", "--seconds", "0.001"]),
        ("kitchen", &["table", "--seconds", "0.001"]),
        ("threading", &["article", "--seconds", "0.1"]),
        ("threading", &["cpu", "--iterations", "100000", "--rounds", "1"]),
        ("threading", &["fetch", "--delay", "0.01"]),
        ("threading", &["files", "support/lab/src", "--rounds", "1"]),
        ("threading", &["one-core", "--seconds", "0.02", "--iterations", "100000", "--rounds", "1"]),
        ("threading", &["pools", "--iterations", "100000", "--rounds", "1"]),
        ("threading", &["stack", "--threads", "50"]),
        ("asyncio", &["article", "--seconds", "0.1"]),
        ("asyncio", &["runtimes", "--tasks", "3", "--seconds", "0.05", "--iterations", "20"]),
        ("asyncio", &["million", "--most", "100", "--threads", "10", "--twin", "100"]),
        ("asyncio", &["blocking", "--iterations", "10000000"]),
        ("asyncio", &["files", "--seconds", "0.05", "--files", "10"]),
        ("asyncio", &["cancel", "--timeout", "0.02"]),
        ("asyncio", &["gather", "--seconds", "0.1"]),
        ("asyncio", &["gil", "--iterations", "10000000", "--seconds", "0.1"]),
        ("asyncio", &["loops", "--iterations", "2000000"]),
        ("asyncio", &["fetch", "--requests", "40", "--concurrency", "10"]),
        ("multiprocessing", &["article", "--iterations", "10000"]),
        ("multiprocessing", &["cpu", "--iterations", "10000", "--rounds", "1"]),
        ("multiprocessing", &["memory"]),
        ("multiprocessing", &["start-methods", "--rounds", "1", "--iterations", "10000"]),
        ("multiprocessing", &["pool", "--iterations", "10000"]),
        ("multiprocessing", &["ipc", "--rounds", "1"]),
        ("multiprocessing", &["pool-failures", "--trials", "1", "--timeout", "0.5"]),
        ("mutex", &["counter", "--iterations", "2000", "--rounds", "100"]),
        ("mutex", &["versions", "--iterations", "2000"]),
        ("mutex", &["check-then-act", "--trades", "20"]),
        ("mutex", &["poison"]),
        ("mutex", &["bounded-buffer", "--items", "100"]),
        ("mutex", &["deadlock", "--rounds", "1", "--timeout", "0.02"]),
        ("mutex", &["fairness", "--seconds", "0.02", "--threads", "2"]),
        ("mutex", &["across-await", "--timeout", "0.03"]),
        ("gil-sim", &["cpu-bound", "--iterations", "1000000"]),
        ("gil-sim", &["bytecode", "--iterations", "2000"]),
        ("compare", &["io", "--most", "10", "--rounds", "1", "--delay", "0.01"]),
        (
            "compare",
            &["scaling", "--rounds", "1", "--workers", "2", "--most", "3", "--iterations", "20000", "--wait", "0.001"],
        ),
    ];
    for (program, args) in twins {
        let report = report(program, &[*args, &options].concat());
        let titles = report.traces.iter().map(|trace| trace.title.en.clone());
        let names: Vec<String> = titles.chain(report.measures.iter().map(|measure| measure.name.en.clone())).collect();
        let by_python =
            names.iter().filter_map(|name| Some(name.split_once(": ")?.0)).filter(|by| by.starts_with("CPython"));
        let mut by: Vec<&str> = by_python.collect();
        by.sort_unstable();
        by.dedup();
        let versions = distinct_versions(&pythons);
        assert_eq!(by.len(), versions, "{program} {args:?}: {by:?}; {:?} {:?}", report.notes, report.verdicts);
    }
}

/// The article's own listings run unchanged, and print the same lines as the Rust ones, in some order. `print` writes a line and its
/// line end separately, so the lines of two threads may be on one line.
#[test]
fn the_articles_own_listings_run_unchanged() {
    let files = [("threading", "five_threads"), ("asyncio", "five_tasks"), ("multiprocessing", "five_processes")];
    for (section, file) in files {
        let small = if section == "multiprocessing" { ["--iterations", "1000"] } else { ["--seconds", "0"] };
        let lines = report(section, &[&["article", "--lang", "ko", "--no-python"][..], &small].concat()).lines;
        assert_eq!(lines.len(), 10);
        let script = format!("docs/article/{file}.py");
        // `asyncio.run` came with 3.7.
        for python in pythons().into_iter().filter(|python| !python.contains("3.6")) {
            let mut command = Command::new(&python);
            command.arg(&script).current_dir(tests::workspace::workspace()).env("PYTHONIOENCODING", "utf-8");
            let done = finish(start(command.stdout(Stdio::piped()).stderr(Stdio::piped()))).ends_with(0);
            let mut rest = done.out.clone();
            for line in &lines {
                assert!(rest.contains(line), "{python} {script}: {line} is missing in {}", done.out);
                rest = rest.replacen(line, "", 1);
            }
            assert_eq!(rest, "\n".repeat(10), "{python} {script}: {}", done.out);
        }
    }
}

/// If a Python is too old or lacks a library, a note says so, and everything else is measured.
#[test]
fn a_twin_says_what_its_python_lacks() {
    let twins: [(&str, &[&str], &str, &str); 3] = [
        ("images", &["--workers", "1", "--rounds", "1"], "wall.sequence", "import PIL"),
        (
            "translate",
            &["tests/data/sentences.txt", "--workers", "1", "--rounds", "1"],
            "speed.sequence",
            "import numpy",
        ),
        ("ipc", &["--rounds", "1"], "message.1024.shared", "import multiprocessing.shared_memory"),
    ];
    for python in pythons() {
        for (experiment, args, id, needs) in twins {
            let report = report("multiprocessing", &[&[experiment], args, &["--python", &python]].concat());
            let has = Command::new(&python).args(["-c", needs]).output().unwrap().status.success();
            let measured = report.measures.iter().any(|m| m.id.starts_with("cpython") && m.id.ends_with(id));
            let said = report.notes.iter().any(|n| n.en.starts_with("CPython") && n.en.contains("not measured: "));
            assert_eq!((measured, said), (has, !has), "{python} {experiment}: {:?}", report.notes);
        }
    }
}

/// Counts versions, because `python3` is often one of the others.
fn distinct_versions(pythons: &[String]) -> usize {
    let version = |python: &String| Command::new(python).arg("--version").output().unwrap().stdout;
    let mut versions: Vec<Vec<u8>> = pythons.iter().map(version).collect();
    versions.sort();
    versions.dedup();
    versions.len()
}

#[test]
fn rust_and_python_agree_on_every_file() {
    if pythons().is_empty() {
        return;
    }
    // Circular links are reported, and make the exit code 1, as in find(1).
    let agree = |args: &[&str], code: i32| {
        let args = [&["files", "--rounds", "1", "--json"], args].concat();
        let report: Report = serde_json::from_str(&run("threading", &args).ends_with(code).out).unwrap();
        assert!(report.notes.iter().any(|note| note.en.ends_with("the same digest.")), "{:?}", report.notes);
    };
    agree(&["support/lab"], 0);
    #[cfg(unix)]
    {
        // Circular links, and one link that both follow.
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("a/b")).unwrap();
        fs::write(home.path().join("a/b/file"), "x").unwrap();
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, home.path().join(name)).unwrap();
        for (to, name) in [("..", "a/up"), ("a/b", "there"), ("first", "second"), ("second", "first")] {
            link(to, name);
        }
        agree(&[home.path().to_str().unwrap(), "--links", "follow"], 1);
    }
}

#[test]
fn the_table_has_a_row_for_python_in_the_workloads_it_can_do() {
    if pythons().is_empty() {
        return;
    }
    let small = [
        "--rounds",
        "1",
        "--waiting",
        "5",
        "--jobs",
        "2",
        "--iterations",
        "1000000",
        "--calls",
        "5",
        "--sentences",
        "1",
    ];
    let report = report("compare", &small);
    let has = |workload: &str| report.measures.iter().any(|m| m.id.starts_with(&format!("{workload}.cpython")));
    for workload in ["alive", "count", "io", "cpu", "native", "files", "calls", "serve", "png", "translate"] {
        assert!(has(workload), "{workload} needs the standard library alone: {:?}", report.notes);
    }
    let pillow = Command::new("python3").args(["-c", "import PIL"]).output().is_ok_and(|out| out.status.success());
    assert!(pillow || env::var_os("CI").is_none(), "CI has no Pillow");
    if !pillow {
        println!("not measured: there is no Pillow here");
    }
    assert_eq!(has("images"), pillow);
}

#[test]
fn the_curves_have_points_for_python_with_every_technique() {
    if pythons().is_empty() {
        return;
    }
    // A large budget: a busy machine must not leave out a point.
    let small = ["--rounds", "1", "--seconds", "600", "--workers", "2", "--most", "3", "--iterations", "20000"];
    let report = report("compare", &[&["scaling", "--wait", "0.001"], &small[..]].concat());
    for curve in ["cpu.workers", "cpu.tasks", "waiting.workers", "waiting.tasks"] {
        for technique in ["threads", "processes", "asyncio"] {
            let is_point = |id: &str| id.starts_with(&format!("{curve}.cpython")) && id.contains(technique);
            let points = report.measures.iter().filter(|m| is_point(&m.id) && m.id.ends_with(".wall")).count();
            assert!(points >= 2, "{curve} {technique}: {points}; {:?}", report.notes);
        }
    }
}

#[test]
fn without_python_a_verdict_says_so_and_rust_is_measured() {
    let is_measured = || {
        let report = report("threading", &["article", "--seconds", "1", "--no-python"]);
        let missing = report.verdicts.iter().find(|v| v.on.en == "CPython").unwrap();
        assert!(matches!(missing.outcome, Outcome::NotMeasured(_)));
        report.verdicts.iter().any(|v| v.on.en == "Rust" && v.outcome == Outcome::Holds)
    };
    // On a busy machine a thread may start when another's wait is over; not in each run.
    assert!((0..5).any(|_| is_measured()));
}

const CPYTHON: &str =
    r#"{"name": "CPython", "version": [3, 99, 0], "gil": true, "source": "asked", "lacks": [], "prefix": [1]}"#;
const JYTHON: &str =
    r#"{"name": "Jython", "version": [2, 7, 99], "gil": false, "source": "name", "lacks": [], "prefix": [2]}"#;

/// A fake Python that reports a version, and runs this script instead of the twin.
#[cfg(unix)]
fn fake_python(script: &str) -> (tempfile::TempDir, String) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("python");
    fake(&path, CPYTHON, script);
    let python = path.display().to_string();
    (home, python)
}

/// A program that says `hello` when it is asked what it is, and else runs the script.
#[cfg(unix)]
fn fake(path: &std::path::Path, hello: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    let program = format!("#!/bin/sh\nif [ \"$1\" = -c ]; then echo '{hello}'; exit; fi\n{script}\n");
    // Another process writes the file: a test in another thread may fork while it is open for writing, and running it would fail
    // with ETXTBSY.
    let mut cat =
        Command::new("sh").args(["-c", "cat > \"$1\"", "sh"]).arg(path).stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut cat.stdin.take().unwrap(), program.as_bytes()).unwrap();
    assert!(cat.wait().unwrap().success());
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// RustPython without its standard library: it answers, and no twin could print its report.
#[cfg(unix)]
#[test]
fn a_python_without_json_is_refused_in_one_line() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("rustpython");
    let said = r#"{"name": "RustPython", "version": [3, 13, 0], "gil": false, "source": "asked", "lacks": ["json"], "prefix": []}"#;
    fake(&path, said, "exit 3");
    let python = path.display().to_string();
    let done = run("threading", &["article", "--seconds", "0", "--lang", "en", "--python", &python]).ends_with(2);
    let expected = format!(
        "--python {python}: RustPython 3.13.0 lacks modules of the standard library: json. Give the path of a Python interpreter.\n"
    );
    assert_eq!((done.out.as_str(), done.err.as_str()), ("", expected.as_str()));
}

/// With `--python all` a twin runs on each interpreter that is found, and the first screen has a row for each.
#[cfg(unix)]
#[test]
fn all_interpreters_run_the_twin_and_have_a_row_each() {
    let home = tempfile::tempdir().unwrap();
    let here = |name: &str| home.path().join(name);
    fake(&here("python3"), CPYTHON, "exit 3");
    fake(&here("jython"), JYTHON, "exit 3");
    fake(&here("pypy3"), &CPYTHON.replace("CPython", "PyPy").replace("[1]", "[3]"), "exit 3");
    fake(&here("rustpython"), &CPYTHON.replace("CPython", "RustPython").replace("[]", "[\"json\"]"), "exit 3");
    let path = format!("{}:{}", home.path().display(), env::var("PATH").unwrap());
    let mut command = run::command("threading", &["article", "--seconds", "0", "--lang", "en", "--python", "all"]);
    for folder in ["HOME", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME"] {
        command.env(folder, home.path());
    }
    let done = finish(start(command.env("PATH", &path))).ends_with(0);
    let table = done.out.split("│ interpreter").nth(1).unwrap_or_else(|| panic!("no table: {}", done.out));
    for name in ["CPython 3.99.0", "Jython 2.7.99", "PyPy 3.99.0"] {
        assert!(table.contains(name), "{name}: {}", done.out);
    }
    assert!(!table.contains("RustPython"));
    let refused = |line: &&str| line.contains("rustpython: cannot be used") && line.contains("json");
    assert_eq!(done.err.lines().filter(refused).count(), 1, "{}", done.err);
}

/// Beside `python3` the two experiments whose claims are about interpreters without a GIL look for `jython`, the others do not; and
/// whoever chose interpreters gets those.
#[cfg(unix)]
#[test]
fn jython_is_found_on_the_path_by_the_experiments_that_are_about_it() {
    let home = tempfile::tempdir().unwrap();
    let python = home.path().join("python3");
    fake(&python, CPYTHON, "exit 3");
    fake(&home.path().join("jython"), JYTHON, "exit 3");
    let path = format!("{}:{}", home.path().display(), env::var("PATH").unwrap());
    let judged = |program: &str, args: &[&str]| {
        let mut command = run::command(program, &[args, &["--json"]].concat());
        // No versions of pyenv beside them.
        let done = finish(start(command.env("PATH", &path).env("PYENV_ROOT", home.path()))).ends_with(0);
        let report: Report = serde_json::from_str(&done.out).unwrap();
        let on = |name: &str| report.verdicts.iter().any(|verdict| verdict.on.en == name);
        (on("CPython 3.99.0"), on("Jython 2.7.99"))
    };
    let small = ["cpu", "--iterations", "100000", "--rounds", "1"];
    assert_eq!(judged("threading", &small), (true, true));
    assert_eq!(judged("mutex", &["versions", "--iterations", "1000"]), (true, true));
    assert_eq!(judged("threading", &["article", "--seconds", "0"]), (true, false), "its twin is for Python 3");
    let chosen = [&small[..], &["--python", python.to_str().unwrap()]].concat();
    assert_eq!(judged("threading", &chosen), (true, false), "somebody chose");
    assert_eq!(judged("threading", &[&small[..], &["--no-python"]].concat()), (false, false));
}

#[cfg(unix)]
#[test]
fn a_twin_that_fails_is_not_measured_and_the_verdict_says_why() {
    for (script, reason) in [
        ("echo nonsense", "printed: nonsense"),
        ("echo 'Traceback: no such thing' >&2; exit 3", "exit code 3: Traceback: no such thing"),
        ("kill -9 $$", "exit code 1"),
        ("echo '{\"surprise\": 1}'", "unknown field"),
    ] {
        let (_home, python) = fake_python(script);
        let report = report("threading", &["article", "--seconds", "0.1", "--python", &python]);
        let verdict = report.verdicts.iter().find(|v| v.on.en == "CPython 3.99.0").unwrap();
        assert!(matches!(&verdict.outcome, Outcome::NotMeasured(why) if why.en.contains(reason)), "{verdict:?}");
    }
}

/// If our program is killed while a twin and its child hang, no process is left.
#[cfg(target_os = "linux")]
#[test]
fn a_twin_and_its_children_end_with_us() {
    let (_home, python) = fake_python("sleep 1000 & sleep 1000");
    let child = start(&mut run::command("threading", &["article", "--seconds", "0", "--python", &python]));
    let sleepers = || {
        let is_sleep =
            |pid: &u32| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "sleep");
        descendants(child.id()).into_iter().filter(is_sleep).collect::<Vec<_>>()
    };
    until("the twin and its child sleep", || sleepers().len() == 2);
    let family = descendants(child.id());
    signal("KILL", child.id());
    until("all have ended", || !family.iter().any(|pid| alive(*pid)));
    finish(child);
}
