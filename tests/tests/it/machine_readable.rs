//! `--json`, `--trace` and `--svg`: output for other programs.

use std::fs;
use std::sync::LazyLock;

use lab::report::Report;
use serde_json::Value;
use tests::run::{SECTIONS, run, words};

/// Every experiment, with options that keep it short.
const EXPERIMENTS: &[(&str, &[&str])] = &[
    ("kitchen", &["cooks", "--seconds", "0.001"]),
    ("kitchen", &["table", "--seconds", "0.001"]),
    ("native", &["release", "--iterations", "1000"]),
    ("native", &["callback", "--iterations", "1000"]),
    ("native", &["failures"]),
    ("native", &["libraries"]),
    ("native", &["oversubscription"]),
    ("threading", &["article", "--seconds", "0.2"]),
    ("threading", &["cpu", "--iterations", "100000", "--rounds", "1"]),
    ("threading", &["fetch", "--delay", "0.01"]),
    ("threading", &["files", "support/lab", "--rounds", "1"]),
    ("threading", &["one-core", "--seconds", "0.02", "--iterations", "100000", "--rounds", "1"]),
    ("threading", &["pools", "--iterations", "10000", "--rounds", "1"]),
    ("threading", &["stack", "--threads", "50"]),
    ("asyncio", &["article", "--seconds", "0.2"]),
    ("asyncio", &["runtimes", "--seconds", "0.2", "--iterations", "20"]),
    ("asyncio", &["million", "--most", "200", "--threads", "50"]),
    ("asyncio", &["blocking", "--iterations", "20000000"]),
    ("asyncio", &["files", "--seconds", "0.05", "--files", "10"]),
    ("asyncio", &["cancel", "--timeout", "0.02"]),
    ("asyncio", &["gather", "--seconds", "0.1"]),
    ("asyncio", &["gil", "--iterations", "20000000", "--seconds", "0.1"]),
    ("asyncio", &["loops", "--iterations", "2000000"]),
    ("asyncio", &["serve", "--seconds", "0.2"]),
    ("asyncio", &["connections", "--connections", "50", "--slow", "5", "--seconds", "0.1"]),
    ("asyncio", &["fetch", "--requests", "40", "--concurrency", "10"]),
    ("multiprocessing", &["article", "--iterations", "100000"]),
    ("multiprocessing", &["cpu", "--iterations", "100000", "--rounds", "1"]),
    ("multiprocessing", &["memory"]),
    ("multiprocessing", &["start-methods", "--rounds", "1"]),
    ("mutex", &["counter", "--iterations", "1000", "--rounds", "100"]),
    ("mutex", &["versions", "--iterations", "1000"]),
    ("mutex", &["check-then-act", "--trades", "20"]),
    ("mutex", &["poison"]),
    ("mutex", &["bounded-buffer", "--items", "100"]),
    ("mutex", &["deadlock", "--rounds", "1", "--timeout", "0.02"]),
    ("mutex", &["philosophers", "--seats", "3", "--meals", "5"]),
    ("mutex", &["rwlock", "--rounds", "20", "--threads", "2"]),
    ("mutex", &["fairness", "--seconds", "0.02", "--threads", "2"]),
    ("mutex", &["contention", "--seconds", "0.002", "--threads", "2"]),
    ("mutex", &["across-await", "--timeout", "0.03"]),
    ("gil-sim", &["cpu-bound", "--iterations", "1000000"]),
    ("gil-sim", &["bytecode", "--iterations", "2000"]),
    ("gil-sim", &["step", "convoy", "--schedule", "acb!baabbaabbbb"]),
    ("gil-sim", &["versions"]),
    ("gil-sim", &["convoy", "--seconds", "0.05"]),
    ("gil-sim", &["interval", "--seconds", "0.05"]),
    ("gil-sim", &["native", "--seconds", "0.05"]),
    ("gil-sim", &["predict", "article-waiting"]),
    ("multiprocessing", &["pool"]),
    ("multiprocessing", &["ipc", "--rounds", "1"]),
    ("multiprocessing", &["pool-failures"]),
    ("multiprocessing", &["kill-storm", "--tasks", "400", "--iterations", "20000", "--kills", "2"]),
    ("multiprocessing", &["images", "--workers", "2", "--rounds", "1"]),
    ("multiprocessing", &["translate", "tests/data/sentences.txt", "--workers", "2", "--rounds", "1"]),
    ("compare", &["io", "--most", "10", "--rounds", "1", "--delay", "0.01"]),
    (
        "compare",
        &[
            "table",
            "--rounds",
            "1",
            "--waiting",
            "3",
            "--jobs",
            "2",
            "--iterations",
            "100000",
            "--calls",
            "5",
            "--reads",
            "1",
        ],
    ),
    (
        "compare",
        &["scaling", "--rounds", "1", "--workers", "2", "--most", "3", "--iterations", "20000", "--wait", "0.001"],
    ),
    ("compare", &["claims", "--budget", "0.1"]),
    ("compare", &["explain", "cpython-has-gil"]),
    ("compare", &["report", "target/tmp/report", "--from", "compare/tests/data/survey.json"]),
    ("choose", &["verify", "cpu_loop", "sleep", "--rounds", "1"]),
    ("compare", &["diff", "compare/tests/data/survey.json", "compare/tests/data/survey.json"]),
    ("choose", &["run", "--out", "target/tmp/run.json", "sleep", "0.3"]),
    // Behind the run that writes its file.
    ("choose", &["again", "target/tmp/run.json"]),
    ("workbench", &["export", "target/tmp/workbench"]),
];

fn read(program: &str, args: &[&str]) -> (Value, Report) {
    // Behind the experiment's name: what follows the name of a reader's program belongs to that.
    let (name, options) = args.split_at(1);
    let done = run(program, &[name, &["--json", "--no-python"], options].concat()).ends_with(0);
    let value: Value =
        serde_json::from_str(&done.out).unwrap_or_else(|e| panic!("{program} {args:?}: {e}: {}", done.out));
    let report = serde_json::from_value(value.clone()).unwrap();
    (value, report)
}

/// An experiment as it was tried, and its report.
pub struct Tried {
    pub program: &'static str,
    pub args: &'static [&'static str],
    value: Value,
    pub report: Report,
}

/// Every experiment, run once for all tests of a process.
pub fn tried() -> &'static [Tried] {
    static TRIED: LazyLock<Vec<Tried>> = LazyLock::new(|| {
        let try_one = |(program, args): &(&'static str, &'static [&'static str])| {
            let (value, report) = read(program, args);
            Tried { program, args, value, report }
        };
        EXPERIMENTS.iter().map(try_one).collect()
    });
    &TRIED
}

/// Left out: each of them takes nine seconds in a debug build, or measures nothing without a Python.
pub const CALIBRATIONS: [&str; 3] = ["calibrate", "verify", "overhead"];

/// Left out: they print a page that is no report. One installs a library, the other serves until it is ended.
pub const PAGES: [(&str, &str); 2] = [("native", "setup"), ("workbench", "serve")];

#[test]
fn every_experiment_is_tried() {
    for section in SECTIONS {
        let left_out = |word: &str| CALIBRATIONS.contains(&word) || PAGES.contains(&(section, word));
        for word in words(section).into_iter().filter(|word| !left_out(word)) {
            let tried =
                EXPERIMENTS.iter().any(|(program, args)| *program == section && args.first() == Some(&word.as_str()));
            assert!(tried, "{section} {word} is missing from EXPERIMENTS");
        }
    }
}

/// The schema is `lab::report::Report`: it refuses unknown fields, and writing it again gives the same fields.
#[test]
fn every_experiment_prints_one_report_and_nothing_else() {
    for Tried { program, args, value, report } in tried() {
        assert_eq!(serde_json::to_value(report).unwrap(), *value, "{program} {args:?}: a field is missing");
        assert_eq!(report.experiment, format!("{program}/{}", args[0]));
        assert!(!report.shows.ko.is_empty() && !report.shows.en.is_empty());
        assert!(!report.traces.is_empty() || !report.tables.is_empty());
        assert!(
            report.measures.iter().all(|m| !m.samples.is_empty() && m.samples.iter().all(|s| s.is_finite())),
            "{program}"
        );
        assert!(
            report.verdicts.iter().all(|verdict| verdict.about().is_some()),
            "{program}: a verdict on an unknown claim"
        );
        for table in &report.tables {
            assert!(table.rows.iter().all(|row| row.len() == table.head.len()), "{program}: {}", table.title);
        }
    }
}

#[test]
fn a_report_with_a_field_too_many_is_refused() {
    let (mut value, _) = read("lab", &["machine"]);
    value["surprise"] = Value::Bool(true);
    assert!(serde_json::from_value::<Report>(value).is_err());
}

/// Experiments that only count: there is nothing to draw.
const WITHOUT_LANES: &[(&str, &str)] = &[
    ("choose", "again"),
    ("choose", "verify"),
    ("compare", "io"),
    ("compare", "table"),
    ("compare", "scaling"),
    ("compare", "claims"),
    ("compare", "explain"),
    ("compare", "report"),
    ("compare", "diff"),
    ("gil-sim", "interval"),
    ("multiprocessing", "ipc"),
    ("multiprocessing", "memory"),
    ("multiprocessing", "pool-failures"),
    ("multiprocessing", "start-methods"),
    ("mutex", "versions"),
    ("mutex", "poison"),
    ("mutex", "contention"),
    ("native", "failures"),
    ("native", "libraries"),
    ("native", "oversubscription"),
    ("workbench", "export"),
];

#[test]
fn traces_are_chrome_traces() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("trace.json");
    for (program, args) in EXPERIMENTS.iter().filter(|(program, args)| !WITHOUT_LANES.contains(&(program, args[0]))) {
        // In front of the rest: what follows the command of `choose` belongs to that command.
        let (word, rest) = args.split_at(1);
        run(program, &[word, &["--no-python", "--trace", path.to_str().unwrap()][..], rest].concat()).ends_with(0);
        let trace: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let events = trace["traceEvents"].as_array().unwrap();
        check(events).unwrap_or_else(|why| panic!("{program} {args:?}: {why}"));
        assert!(events.iter().any(|event| event["ph"] == "X"), "{program} {args:?}: no span");
    }
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "no other file is left");
}

/// Checks what the trace event format requires of the three kinds of event that we write: spans, instants and names.
fn check(events: &[Value]) -> Result<(), String> {
    let is_number = |event: &Value, key: &str| event[key].as_f64().is_some_and(|n| n >= 0.0);
    for event in events {
        let good = match event["ph"].as_str() {
            Some("X") => {
                ["ts", "dur", "pid", "tid"].iter().all(|key| is_number(event, key)) && event["name"].is_string()
            }
            // An instant of a thread: what failed, was cancelled or killed.
            Some("i") => {
                ["ts", "pid", "tid"].iter().all(|key| is_number(event, key))
                    && event["name"].is_string()
                    && event["s"] == "t"
            }
            Some("M") => is_number(event, "pid") && event["args"].is_object() && event["name"].is_string(),
            _ => false,
        };
        if !good {
            return Err(event.to_string());
        }
    }
    Ok(())
}

#[test]
fn a_broken_trace_is_noticed() {
    let span = serde_json::json!({"ph": "X", "name": "running", "pid": 1, "tid": 1, "ts": 0.0, "dur": 1.0});
    assert!(check(std::slice::from_ref(&span)).is_ok());
    let instant = serde_json::json!({"ph": "i", "name": "failed", "pid": 1, "tid": 1, "ts": 0.0, "s": "t"});
    assert!(check(std::slice::from_ref(&instant)).is_ok());
    let (of_span, of_instant) = (["ph", "name", "ts", "dur", "tid"], ["ph", "name", "ts", "s", "tid"]);
    for (event, keys) in [(&span, of_span), (&instant, of_instant)] {
        for key in keys {
            let mut broken = event.clone();
            broken.as_object_mut().unwrap().remove(key);
            assert!(check(&[broken]).is_err(), "{key}");
        }
    }
    let mut backwards = span;
    backwards["dur"] = (-1.0).into();
    assert!(check(&[backwards]).is_err());
}

#[test]
fn pictures_are_svg() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("lanes.svg");
    run("gil-sim", &["--no-python", "--iterations", "1000000", "--svg", path.to_str().unwrap()]).ends_with(0);
    let picture = fs::read_to_string(&path).unwrap();
    assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"));
    assert!(picture.contains("xmlns=\"http://www.w3.org/2000/svg\"") && picture.matches("<rect").count() > 4);
}
