//! `--json` and the Python twin, read back as the report that both promise to be.
//!
//! Without libtest: the bench reads a program's report by starting our own executable as its guard, so `main` must be ours.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use lab::report::Report;
use lab::trace::State;
use lab::twin::{self, Interpreter};
use lab::{lifeline, twin_script};

fn main() -> ExitCode {
    let mut args = env::args_os().skip(1);
    if args.next().is_some_and(|first| first == lifeline::GUARD) {
        return lifeline::guard(args);
    }
    the_report_reads_back();
    the_twin_reads_back();
    ExitCode::SUCCESS
}

/// What the program prints, read as a report.
fn read(options: &[&str]) -> Option<Report> {
    let env = Interpreter { path: "env".into(), implementation: "env".into(), version: [0; 3], gil: false };
    let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
    twin::run(&env, Path::new(env!("CARGO_BIN_EXE_mutex")), &options, twin::LIMIT).ok()
}

fn the_report_reads_back() {
    let small = ["--threads", "2", "--turns", "1000", "--rounds", "100", "--no-python"];
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

fn the_twin_reads_back() {
    let pythons = twin::find(&[]).expect("none is no error");
    if pythons.is_empty() {
        println!("no python3 here: the twin was not read");
    }
    for python in pythons {
        let args = ["3".into(), "1500".into()];
        let twin = twin::run(&python, twin_script!("counter"), &args, twin::LIMIT).expect("a report");
        let ids: Vec<&str> = twin.measures.iter().map(|measure| measure.id.as_str()).collect();
        assert_eq!(ids, ["lost_share.plain", "lost_share.call", "lost_share.lock"]);
        assert!(twin.measures[2].samples.iter().all(|share| *share == 0.0), "behind a lock nothing is lost");
    }
}
