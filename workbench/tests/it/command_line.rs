//! A wrong command line is one line in the reader's language.

use std::process::{Command, Stdio};

use harness::{Done, finish, start};
use lab::lang::has_hangul;

fn run(words: &[&str]) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workbench"));
    finish(start(command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped())))
}

#[test]
fn what_is_wrong_is_said_in_one_line() {
    let cases: &[(&[&str], &str)] = &[
        (&["open"], "serve, export"),
        (&["--port", "70000"], "--port 70000"),
        (&["--port", "x"], "--port x"),
        (&["serve", "--port", "-1"], "--port"),
        (&["serve", "--json"], "--json"),
        (&["serve", "--svg", "x.svg"], "--svg"),
        (&["serve", "here"], "unexpected argument"),
        (&["--no-open", "--python", "/no/such/python"], "/no/such/python"),
        (&["export"], "export DIR"),
        (&["export", "a", "b"], "unexpected argument"),
    ];
    for (words, about) in cases {
        for (lang, korean) in [("en", false), ("ko", true)] {
            let done = run(&[words, &["--lang", lang][..]].concat()).ends_with(2);
            assert!(done.out.is_empty() && done.err.lines().count() == 1, "{words:?}: {done:?}");
            assert_eq!(has_hangul(&done.err), korean, "{words:?}: {done:?}");
            assert!(korean || done.err.contains(about), "{words:?}: {done:?}");
        }
    }
}

#[test]
fn the_help_names_both_commands() {
    for (lang, about) in [("en", "until Ctrl-C"), ("ko", "Ctrl-C로 끝냄")] {
        let done = run(&["--help", "--lang", lang]).ends_with(0);
        assert!(done.out.contains("serve") && done.out.contains("export") && done.out.contains(about), "{done:?}");
        assert!(!done.out.contains("peer"), "a child is no command: {done:?}");
    }
}
