//! The program as a reader runs it.

use std::process::{Command, Output};

fn mutex(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mutex")).args(args).output().expect("built with this test")
}

#[test]
fn what_it_cannot_use_is_said_in_one_line() {
    for (option, value) in [
        ("--threads", "1"),
        ("--threads", "65"),
        ("--turns", "0"),
        ("--turns", "10000001"),
        ("--rounds", "0"),
        ("--rounds", "many"),
    ] {
        let out = mutex(&["counter", option, value, "--lang", "en"]);
        let line = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(2), "{line}");
        assert!(line.contains(option) && line.lines().count() == 1, "{line}");
        assert!(out.stdout.is_empty());
    }
}

#[test]
fn the_smallest_run_shows_everything_in_both_languages() {
    for (lang, words) in [("ko", ["락 대기", "금지", "std::sync::Mutex"]), ("en", ["waiting", "forbidden", "3.10"])]
    {
        let smallest = ["--threads", "2", "--turns", "1", "--rounds", "1", "--no-python", "--lang", lang];
        let out = mutex(&smallest);
        let page = String::from_utf8(out.stdout).unwrap();
        assert!(out.status.success());
        assert!(words.iter().all(|word| page.contains(word)), "{page}");
    }
}
