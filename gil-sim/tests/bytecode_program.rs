//! `gil-sim bytecode` as a reader runs it, and its twin, read back as the report that both promise to be.
//!
//! Without libtest: the bench reads a program's report by starting our own executable as its guard, so `main` must be ours.

use std::env;
use std::path::Path;
use std::process::{Command, ExitCode, Output};

use gil_sim::experiments::bytecode::{cases, twin as judge};
use gil_sim::interpreters;
use gil_sim::vm::version::Version;
use lab::claims::Outcome;
use lab::python::{self, Interpreter};
use lab::report::{Report, Table};
use lab::trace::State;
use lab::{process::lifeline, twin_script};

const SMALL: [&str; 5] = ["bytecode", "--iterations", "2000", "--interval", "0.0001"];

fn main() -> ExitCode {
    let mut args = env::args_os().skip(1);
    if args.next().is_some_and(|first| first == lifeline::GUARD) {
        return lifeline::guard(args);
    }
    what_it_cannot_use_is_said_in_one_line();
    the_page_has_both_languages();
    the_first_screen_shows_what_its_sentence_says();
    the_report_reads_back();
    the_real_interpreter_is_interrupted_where_ours_is();
    a_twin_that_differs_is_noticed();
    ExitCode::SUCCESS
}

fn gil_sim(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gil-sim")).args(args).env("COLUMNS", "80").output().expect("built with this test")
}

fn what_it_cannot_use_is_said_in_one_line() {
    for (option, value) in
        [("--threads", "1"), ("--threads", "65"), ("--iterations", "0"), ("--interval", "0"), ("--interval", "soon")]
    {
        let out = gil_sim(&["bytecode", option, value, "--lang", "en"]);
        let line = String::from_utf8(out.stderr).expect("a text");
        assert_eq!(out.status.code(), Some(2), "{line}");
        assert!(line.contains(option) && line.lines().count() == 1 && out.stdout.is_empty(), "{line}");
    }
}

fn the_page_has_both_languages() {
    for (lang, words) in
        [("ko", ["유실 불가", "LoadGlobal counter", "GIL을 해제"]), ("en", ["cannot lose", "INPLACE_ADD", "3.13t"])]
    {
        let out = gil_sim(&[&SMALL[..], &["--full", "--no-python", "--lang", lang]].concat());
        let page = String::from_utf8(out.stdout).expect("a text");
        assert!(out.status.success(), "{page}");
        assert!(words.iter().all(|word| page.contains(word)), "{page}");
        let width = |line: &str| {
            line.chars()
                .map(|c| if c >= '\u{1100}' && !('\u{2000}'..='\u{2fff}').contains(&c) { 2 } else { 1 })
                .sum::<usize>()
        };
        for line in page.lines() {
            assert!(width(line) <= 80, "{}: {line}", width(line));
        }
    }
}

/// Which version may lose what, and not a drawing of something else.
fn the_first_screen_shows_what_its_sentence_says() {
    let page = |more: &[&str]| {
        let out = gil_sim(&[&SMALL[..], &["--no-python", "--lang", "en"], more].concat());
        String::from_utf8(out.stdout).expect("a text")
    };
    let has_drawing = |page: &str| page.contains("native code that releases the GIL");
    let shows = |page: &str| page.contains("cannot lose: ") && !has_drawing(page) && page.lines().count() <= 24;
    assert!(shows(&page(&[])), "{}", page(&[]));
    let full = page(&["--full"]);
    assert!(has_drawing(&full) && !shows(&full), "the known-wrong page has everything: {full}");
}

/// What the program prints, read as a report.
fn read(options: &[&str]) -> Option<Report> {
    let env = Interpreter { path: "env".into(), implementation: "env".into(), version: [3, 0, 0], gil: None };
    let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
    python::run(&env, Path::new(env!("CARGO_BIN_EXE_gil-sim")), &options, python::LIMIT).ok()
}

fn the_report_reads_back() {
    let small = [&SMALL[..], &["--no-python"]].concat();
    let report = read(&[&small[..], &["--json"]].concat()).expect("--json prints a report and nothing else");
    assert_eq!(report.experiment, "gil-sim/bytecode");
    assert_eq!((report.traces.len(), report.tables.len(), report.measures.len()), (3, 6, 12 + 36));
    assert!(report.tables.iter().all(|table| table.rows.iter().all(|row| row.len() == table.head.len())));
    assert!(report.traces.iter().all(|trace| trace.is_serial(State::Running)));
    for version in ["3.10", "3.11–3.12", "3.13–3.15"] {
        let lost = report.measure(&format!("lost_share.plain.{version}")).expect("measured under every version");
        assert_eq!(lost.samples, [0.0; 3], "{version}");
    }
    assert!(report.verdicts.iter().all(|verdict| verdict.about().is_some()));
    // However little was raced: the search over all orders decides what may be lost.
    assert!(report.verdicts.iter().all(|verdict| verdict.outcome != Outcome::DoesNotHold), "{:?}", report.verdicts);
    let missing = report.verdicts.iter().find(|verdict| verdict.on.en == "CPython").expect("never silently skipped");
    assert!(matches!(missing.outcome, Outcome::NotMeasured(_)));
    // The known-wrong twin: a page for people is not a report.
    assert!(read(&small).is_none());
}

fn the_real_interpreter_is_interrupted_where_ours_is() {
    let pythons = python::find(&[]).expect("none is no error");
    if pythons.is_empty() {
        println!("no python3 here: the twin was not read");
    }
    for python in pythons {
        let args = ["2".into(), "1500".into(), "0.0001".into()];
        let twin = python::run(&python, twin_script!("bytecode"), &args, python::LIMIT).expect("a report");
        let real = judge::real(&python, &twin);
        assert_eq!(real.len(), 2, "both programs");
        let Ok(version) = interpreters::version_of(&python) else {
            println!("{python} is no CPython: not compared");
            continue;
        };
        let case = |id| cases::CONTENDERS.iter().find(|contender| contender.id == id).expect("one of two");
        for real in &real {
            let class = case(real.id).classes[Version::ALL.iter().position(|v| *v == version).expect("one of all")];
            let none = real.lost.iter().all(|share| *share == 0.0);
            assert!(class == cases::Class::Interesting || none, "{python}: {real:?}");
        }
        let compared = judge::compare(version, &twin);
        assert!(compared.table(&python).is_some() || compared.stranger.is_some());
        println!("{}", compared.note(&python).en);
        if python.version < [3, 16, 0] {
            assert_eq!((compared.stranger.as_ref(), compared.elsewhere), (None, 0), "{python}");
        }
    }
}

/// A twin's listing of `plain` as 3.13 has it, with interrupts where they are put.
fn listing(interrupts: &[(&str, u64)]) -> Report {
    let names = "RESUME LOAD_GLOBAL LOAD_FAST CALL GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL LOAD_CONST BINARY_OP \
                 STORE_GLOBAL JUMP_BACKWARD END_FOR POP_TOP RETURN_CONST";
    let row = |name: &str| {
        let times = interrupts.iter().find(|(at, _)| *at == name).map_or(0, |(_, times)| *times);
        ["plain", name, &times.to_string()].map(lab::lang::Text::same).to_vec()
    };
    let rows = std::iter::once("").chain(names.split(' ')).map(row).collect();
    Report { tables: vec![Table { title: lab::lang::Text::default(), head: vec![], rows }], ..Report::default() }
}

fn a_twin_that_differs_is_noticed() {
    let python =
        Interpreter { path: "python3".into(), implementation: "CPython".into(), version: [3, 13, 0], gil: Some(true) };
    let of = |version, interrupts: &[(&str, u64)]| {
        let compared = judge::compare(version, &listing(interrupts));
        (compared.here, compared.elsewhere)
    };
    assert_eq!(of(Version::Py313, &[("RESUME", 2), ("JUMP_BACKWARD", 5), ("CALL", 1)]), (8, 0));
    // An interpreter that looks after straight instructions too is none of 3.13, and would be one of 3.9.
    let straight = [("JUMP_BACKWARD", 5), ("BINARY_OP", 3)];
    assert_eq!((of(Version::Py313, &straight), of(Version::Py36, &straight)), ((5, 3), (8, 0)));
    let mut strange = listing(&[]);
    strange.tables[0].rows[9][1] = lab::lang::Text::same("LOAD_SOMETHING");
    let compared = judge::compare(Version::Py313, &strange);
    assert_eq!(compared.stranger.as_deref(), Some("plain: LOAD_SOMETHING"));
    assert!(compared.note(&python).en.contains("LOAD_SOMETHING"));
    assert!(matches!(judge::judge(&python, &[]).outcome, Outcome::NotMeasured(_)));
    // That nothing was lost in a few runs does not contradict the claim that something may be lost.
    let run = |lost: f64| cases::RealRun { id: "call", name: "CPython".into(), version: None, lost: vec![0.0, lost] };
    assert!(matches!(judge::judge(&python, &[run(0.0)]).outcome, Outcome::NotMeasured(_)));
    assert_eq!(judge::judge(&python, &[run(0.1)]).outcome, Outcome::Holds);
    assert_eq!(interpreters::version_of(&python), Ok(Version::Py313));
    assert!(interpreters::version_of(&Interpreter { implementation: "PyPy".into(), ..python }).is_err());
}
