//! `setup` refuses what it cannot do in one line, before it downloads anything.

use crate::program::run;

#[track_caller]
fn refused(args: &[&str], says: &str) {
    let done = run(&[args, &["--lang", "en"]].concat()).ends_with(2);
    assert_eq!((done.out.as_str(), done.err.lines().count()), ("", 1), "{done:?}");
    assert!(done.err.contains(says), "{done:?}");
}

#[test]
fn what_cannot_be_set_up_is_refused() {
    refused(&["setup"], "numpy, tensorflow, torch");
    refused(&["setup", "cuda"], "'cuda' cannot be set up");
    refused(&["setup", "numpy", "--json"], "--json");
}

/// Without a Python there is nothing to make an environment of, unless it is there already.
#[test]
fn tensorflow_needs_a_python() {
    let done = run(&["setup", "tensorflow", "--no-python", "--lang", "en"]);
    if done.out.contains("is there already") {
        println!("not tried: TensorFlow was set up here");
        return;
    }
    refused(&["setup", "tensorflow", "--no-python"], "Give its path with --python");
}
