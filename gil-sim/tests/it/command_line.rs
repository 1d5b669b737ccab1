//! What the command line refuses, and how it says so.

use crate::run;

#[test]
fn what_they_cannot_use_is_said_in_one_line() {
    for args in [
        &["versions", "/no/such/file"][..],
        &["versions", "--seconds", "0"],
        &["native", "--seconds", "0"],
        &["convoy", "--delay", "soon"],
        &["convoy", "--interval", "0"],
        &["interval", "--seconds", "1000"],
    ] {
        let (code, out, err) = run(&[args, &["--lang", "en"]].concat());
        assert_eq!((code, out.as_str(), err.lines().count()), (Some(2), "", 1), "{args:?}: {err}");
    }
}

#[test]
fn old_words_are_answered_with_the_new() {
    for (args, new) in [
        (&["two"][..], "'cpu-bound'"),
        (&["--turns", "5"], "'--iterations'"),
        (&["bytecode", "--turns", "5"], "'--iterations'"),
        (&["versions", "--scenario", "convoy-two"], "'versions FILE'"),
    ] {
        let (code, out, err) = run(&[args, &["--lang", "en"]].concat());
        assert_eq!((code, out.as_str()), (Some(2), ""), "{args:?}");
        assert!(err.contains(new), "{args:?}: {err}");
    }
}

#[test]
fn a_scenario_is_given_by_its_place() {
    let measured: &[&str] = if cfg!(unix) { &["predict", "verify"] } else { &[] };
    for experiment in ["step", "versions"].iter().chain(measured) {
        let (code, help, _) = run(&[*experiment, "--help", "--lang", "en"]);
        assert_eq!(code, Some(0));
        assert!(help.contains(&format!("{experiment} [FILE]")), "{help}");
    }
}
