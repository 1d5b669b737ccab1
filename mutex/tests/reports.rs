//! `--json` and the Python twin, read back as the report that both promise to be.
//!
//! Without libtest: the bench reads a program's report by starting our own executable as its guard, so `main` must be ours.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use lab::python::{self, Interpreter};
use lab::report::Report;
use lab::trace::State;
use lab::{process::lifeline, twin_script};

fn main() -> ExitCode {
    let mut args = env::args_os().skip(1);
    if args.next().is_some_and(|first| first == lifeline::GUARD) {
        return lifeline::guard(args);
    }
    the_report_reads_back();
    the_detector_finds_the_deadlock();
    the_right_rules_come_to_their_end();
    the_twins_read_back();
    ExitCode::SUCCESS
}

/// What the program prints, read as a report.
fn read(options: &[&str]) -> Option<Report> {
    let env = Interpreter { path: "env".into(), implementation: "env".into(), version: [3, 0, 0], gil: None };
    let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
    python::run(&env, Path::new(env!("CARGO_BIN_EXE_mutex")), &options, python::LIMIT).ok()
}

fn the_report_reads_back() {
    let small = ["--threads", "2", "--iterations", "1000", "--rounds", "100", "--no-python"];
    let report = read(&[&small[..], &["--json"]].concat()).expect("--json prints a report and nothing else");
    assert_eq!(report.experiment, "mutex/counter");
    assert_eq!((report.traces.len(), report.tables.len(), report.measures.len()), (2, 1, 15));
    assert!(report.traces[1].is_serial(State::Running));
    assert!(report.tables[0].rows.iter().all(|row| row.len() == report.tables[0].head.len()));
    for fixed in ["std_mutex", "parking_lot_mutex", "sharded_lock", "fetch_add"] {
        let lost = report.measure(&format!("lost.{fixed}")).expect("measured of every variant");
        assert_eq!(lost.samples, [0.0; 3], "{fixed}");
    }
    assert!(report.verdicts.iter().all(|verdict| verdict.about().is_some()));
    // The known-wrong twin: a page for people is not a report.
    assert!(read(&small).is_none());
}

/// A real deadlock, found by the detector in a child process; none where there is one order. And it ends by itself.
fn the_detector_finds_the_deadlock() {
    let report = read(&["deadlock", "--rounds", "1", "--timeout", "0.02", "--no-python", "--json"]).expect("a report");
    let found = |id: &str| report.measure(id).map(|measure| measure.samples.clone());
    assert_eq!(found("detector.opposite"), Some(vec![2.0]), "two threads wait for each other");
    assert_eq!(found("detector.one_order"), Some(vec![0.0]));
}

/// Dinners in child processes: the rules that are proved right come to their end, whatever the others do.
fn the_right_rules_come_to_their_end() {
    let small = ["philosophers", "--seats", "3", "--meals", "20", "--no-python", "--json"];
    let report = read(&small).expect("a report");
    for rule in ["lower-first", "one-less"] {
        let eaten = report.measure(&format!("{rule}.eaten")).expect("measured of every rule");
        assert_eq!(eaten.samples, [60.0], "{rule}");
    }
    // One fork, two hands: with two seats left-first can stand still, and then it is said.
    assert!(report.measure("left-first.eaten").is_some_and(|eaten| eaten.samples[0] <= 60.0));
}

/// The twins, with small arguments, and what each of them must tell.
fn twins() -> Vec<(&'static Path, &'static [&'static str], &'static [&'static str])> {
    let lost = &["lost_share.plain", "lost_share.attribute", "lost_share.call", "lost_share.native", "lost_share.lock"];
    vec![
        (
            twin_script!("counter"),
            &["3", "1500", "2", "0.03", "0.0001", "plain", "attribute", "call", "native", "lock"],
            lost,
        ),
        (twin_script!("check_then_act"), &["2", "40"], &["wrong.straight", "wrong.gil_only", "wrong.own_lock"]),
        (twin_script!("poison"), &[], &["half.in_two", "half.at_once"]),
        (twin_script!("deadlock"), &["1", "0.02"], &["stuck.from_first", "stuck.lower_first"]),
        (
            twin_script!("bounded_buffer"),
            &["2", "2", "50", "2"],
            &["lost.if", "nothing.if", "item.if", "lost.queue", "nothing.queue", "item.queue"],
        ),
        (
            twin_script!("across_await"),
            &["0.05"],
            &["stuck.threading", "ticks.threading", "wall.threading", "stuck.asyncio", "ticks.asyncio", "wall.asyncio"],
        ),
        (
            twin_script!("fairness"),
            &["2", "0.03", "0.001"],
            &[
                "turns.lock",
                "longest_wait.lock",
                "passed_by.lock",
                "turns.queue",
                "longest_wait.queue",
                "passed_by.queue",
            ],
        ),
        (twin_script!("contention"), &["1,2", "0.01"], &["rate.lock.1", "ratio.lock.1", "rate.lock.2", "ratio.lock.2"]),
    ]
}

/// What must be so on every interpreter, whatever it loses: 0 by its id.
const NEVER: [&str; 6] =
    ["lost_share.lock", "wrong.own_lock", "half.at_once", "stuck.lower_first", "lost.queue", "stuck.asyncio"];
/// What must be so because both sides of it are forced: 1.
const ALWAYS: [&str; 2] = ["half.in_two", "stuck.threading"];

fn the_twins_read_back() {
    let pythons = python::find(&[]).expect("none is no error");
    if pythons.is_empty() {
        println!("no python3 here: the twins were not read");
    }
    for python in pythons {
        for (script, args, ids) in twins() {
            let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
            let twin = python::run(&python, script, &args, python::LIMIT).expect("a report");
            let told: Vec<&str> = twin.measures.iter().map(|measure| measure.id.as_str()).collect();
            assert_eq!(told, ids, "{}", script.display());
            for measure in &twin.measures {
                let all = |value: f64| measure.samples.iter().all(|sample| *sample == value);
                assert!(!NEVER.contains(&measure.id.as_str()) || all(0.0), "{}: {:?}", measure.id, measure.samples);
                assert!(!ALWAYS.contains(&measure.id.as_str()) || all(1.0), "{}: {:?}", measure.id, measure.samples);
            }
        }
    }
}
