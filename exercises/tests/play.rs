//! What `predict` and `break` guarantee on the command line.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use harness::{Done, finish, start};
use lab::lang::has_hangul;
use lab::report::Report;
use unicode_width::UnicodeWidthStr;

fn with_input(args: &[&str], columns: &str, input: &str) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exercises"));
    command.args(args).env("COLUMNS", columns).env("LC_ALL", "en_US.UTF-8");
    let mut child = start(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()));
    // The program may have refused its command line before it reads.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    finish(child)
}

fn run(args: &[&str]) -> Done {
    with_input(args, "80", "")
}

fn report(args: &[&str], input: &str) -> Report {
    let done = with_input(&[args, &["--json"]].concat(), "80", input).ends_with(0);
    serde_json::from_str(&done.out).unwrap_or_else(|e| panic!("{e}: {}", done.out))
}

/// The right letters of a problem, from the table of `--answer`.
fn key(seed: &str, level: &str) -> Vec<String> {
    let report = report(&["predict", "--seed", seed, "--level", level, "--answer"], "");
    assert!(report.traces[0].lanes.len() >= 2, "the lanes of the run");
    report.tables[0].rows.iter().map(|row| row[1].en.split(')').next().unwrap().to_owned()).collect()
}

#[test]
fn a_seed_is_a_problem_and_its_key_is_right() {
    for level in ["1", "3", "5"] {
        let args = ["predict", "--seed", "42", "--level", level];
        assert_eq!(run(&args).ends_with(0).out, run(&args).ends_with(0).out, "level {level}");
        let key = key("42", level);
        assert_eq!(key.len(), 3);
        let asked = report(&args, &key.join("\n")).asked;
        assert!(asked.len() == 3 && asked.iter().all(|one| one.is_right() == Some(true)), "{asked:?}");
        let wrong = key.iter().map(|letter| if letter == "a" { "b" } else { "a" }).collect::<Vec<_>>().join(" ");
        assert!(report(&args, &wrong).asked.iter().all(|one| one.is_right() == Some(false)));
    }
    let other = run(&["predict", "--seed", "43"]).ends_with(0).out;
    assert_ne!(run(&["predict", "--seed", "42"]).ends_with(0).out, other);
    assert!(run(&["predict"]).ends_with(0).out.contains("Seed "), "a new problem names its seed");
}

#[test]
fn the_sheet_has_the_problems_and_then_their_key() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("sheet.html");
    for lang in ["ko", "en"] {
        let args = ["--sheet", "4", "--seed", "40", "--level", "2", "--lang", lang, "--out", file.to_str().unwrap()];
        run(&[&["predict"][..], &args].concat()).ends_with(0);
        let page = fs::read_to_string(&file).unwrap();
        let (problems, key) = page.split_once("<div class=\"key\">").unwrap();
        assert!(page.contains(&format!("<html lang=\"{lang}\"")) && has_hangul(&page) == (lang == "ko"));
        assert_eq!((problems.matches("<section>").count(), key.matches("<section>").count()), (4, 4));
        assert_eq!(
            (problems.matches("<svg").count(), key.matches("<svg").count()),
            (0, 4),
            "no lanes beside a problem"
        );
        assert!(page.contains("break-before: page") && !page.contains("<script") && !page.contains("src="));
        let answers: Vec<&str> = key.split("<li>").skip(1).map(|item| &item[..1]).collect();
        let expected: Vec<String> = (40..44).flat_map(|seed| self::key(&seed.to_string(), "2")).collect();
        assert_eq!(answers, expected);
    }
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "no other file is left");
}

/// As in the test of the levels; here through the command line.
const LEVEL_3: &str = "abacb";

#[test]
fn a_schedule_that_breaks_is_shown_step_by_step() {
    let solved = report(&["break", "3", "--schedule", LEVEL_3], "");
    assert!(solved.shows.en.contains("Level 3 is solved") && solved.shows.en.contains("c and b hold the lock"));
    assert!(solved.shows.en.contains("without the bug"), "what the shipped lock does: {}", solved.shows.en);
    assert_eq!(solved.tables[0].rows.len(), 5, "a row for each turn");
    let not = run(&["break", "3", "--schedule", "aba"]).ends_with(1).out;
    assert!(not.contains("nothing was broken in 3 turns") && not.contains("to choose"), "{not}");
    let beginning = run(&["break", "3", "--schedule", ""]);
    assert_eq!(beginning.status.code(), Some(2), "an empty schedule is none");
}

#[test]
fn a_level_shows_its_lock_and_its_goal() {
    let list = report(&["break"], "");
    assert_eq!(list.tables[0].rows.len(), 8);
    for level in 1..=8 {
        let page = run(&["break", &level.to_string()]).ends_with(0).out;
        for part in [&format!("Level {level}: "), "fn ", "Goal: ", "A letter is ", "!b"] {
            assert!(page.contains(part), "level {level}: no {part}: {page}");
        }
    }
}

#[test]
fn wrong_input_is_one_line() {
    let cases: &[(&[&str], i32, &str)] = &[
        (&["predict", "--level", "6"], 2, "--level 6"),
        (&["predict", "--seed", "-1"], 2, "--seed -1"),
        (&["predict", "--sheet", "3"], 2, "--out"),
        (&["predict", "--out", "x.html"], 2, "--sheet"),
        (&["predict", "--sheet", "0", "--out", "x.html"], 2, "--sheet 0"),
        (&["predict", "--sheet", "2", "--answer", "--out", "x.html"], 2, "--answer"),
        (&["predict", "--sheet", "2", "--out", "/no/such/folder/x.html"], 1, "/no/such/folder"),
        (&["break", "9"], 2, "1 to 8"),
        (&["break", "0"], 2, "1 to 8"),
        (&["break", "one"], 2, "1 to 8"),
        (&["break", "--schedule", "ab"], 2, "LEVEL"),
        (&["break", "1", "--schedule", "a1"], 2, "turn 2"),
        (&["break", "1", "--schedule", "abc"], 2, "turn 3, c: there is no such thread. To choose from: a b"),
        (&["break", "1", "--schedule", "!a"], 2, "turn 1, !a"),
        (&["break", "2", "--schedule", "aa"], 2, "turn 2, a: it sleeps"),
        (&["break", "3", "2"], 2, "unexpected argument"),
    ];
    for (args, code, about) in cases {
        for (lang, korean) in [("en", false), ("ko", true)] {
            let done = run(&[args, &["--lang", lang][..]].concat()).ends_with(*code);
            assert!(done.out.is_empty() && done.err.lines().count() == 1, "{args:?}: {done:?}");
            assert_eq!(has_hangul(&done.err), korean, "{args:?}: {done:?}");
            assert!(korean || done.err.contains(about), "{args:?}: {done:?}");
        }
    }
    for answers in ["a\n", "a a z"] {
        let done = with_input(&["predict", "--seed", "1"], "80", answers).ends_with(2);
        assert_eq!(done.err.lines().count(), 1, "{done:?}");
    }
}

#[test]
fn pages_fit() {
    let pages: [&[&str]; 7] = [
        &["predict", "--seed", "7", "--level", "5"],
        &["predict", "--seed", "7", "--level", "5", "--answer"],
        &["break"],
        &["break", "1"],
        &["break", "8"],
        &["break", "3", "--schedule", LEVEL_3],
        &["break", "8", "--schedule", "aaaaaaaaabbb!bbbbbaa!baaabbbaaaaaaaaab", "--full"],
    ];
    for page in pages {
        for lang in ["ko", "en"] {
            for columns in ["20", "80", "120"] {
                let out = with_input(&[page, &["--lang", lang]].concat(), columns, "").ends_with(0).out;
                let wide: Vec<&str> = out.lines().filter(|line| line.width() > columns.parse().unwrap()).collect();
                assert!(wide.is_empty(), "{page:?} at {columns}: {wide:#?}");
            }
        }
    }
}
