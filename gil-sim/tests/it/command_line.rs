//! What the command line refuses, and how it says so.

use crate::run;

#[test]
fn what_they_cannot_use_is_said_in_one_line() {
    for args in [
        ["versions", "--scenario", "/no/such/file"],
        ["versions", "--seconds", "0"],
        ["native", "--seconds", "0"],
        ["convoy", "--delay", "soon"],
        ["convoy", "--interval", "0"],
        ["interval", "--seconds", "1000"],
    ] {
        let (code, out, err) = run(&[&args[..], &["--lang", "en"]].concat());
        assert_eq!((code, out.as_str(), err.lines().count()), (Some(2), "", 1), "{args:?}: {err}");
    }
}
