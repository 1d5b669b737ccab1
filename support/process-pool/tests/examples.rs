//! Runs the examples and checks what each prints last. `cargo test` has built them.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The example programs, and the last line of each. `tests` has tests of its own, which `cargo test` runs.
const EXAMPLES: [(&str, &str); 9] = [
    ("map", "below 100000, 77031 takes the most steps: 350"),
    ("crawl", r#"6 pages, broken links: ["/download: not found"]"#),
    ("progress_bar", "399 of 400 tasks; task 100: its worker died: signal 6 (attempts: 3)"),
    ("time_limits", "infinity: over the time limit (attempts: 1)"),
    ("cancel_on_first_error", "block 20 is damaged"),
    ("images", "8 bands are equal to the picture blurred by one process"),
    ("from_tokio", "primes below 200000: 17984"),
    ("initializer", r#"spam: ["you are a winner", "free tickets"]"#),
    ("memory_limit", "256 MiB: fill: its worker died: signal 6 (attempts: 1)"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// The program of an example: newer than its source.
fn program(name: &str) -> PathBuf {
    let this = env::current_exe().unwrap();
    let program = this.ancestors().nth(2).unwrap().join("examples").join(name);
    let modified = |file: &Path| fs::metadata(file).and_then(|file| file.modified()).ok();
    let source = modified(&folder().join(name).with_extension("rs"));
    assert!(modified(&program) >= source, "{name} was not built: cargo build -p process-pool --examples");
    program
}

fn last_line(name: &str) -> String {
    let output = Command::new(program(name)).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name}: {}\n{out}{err}", output.status);
    out.lines().last().unwrap_or_default().to_owned()
}

#[test]
fn examples_print_what_they_show() {
    for (name, expected) in EXAMPLES {
        if name == "memory_limit" && cfg!(not(target_os = "linux")) {
            assert_eq!(last_line(name), "memory is limited on Linux only");
        } else {
            assert_eq!(last_line(name), expected, "{name}");
        }
    }
}

#[test]
fn no_example_is_left_out() {
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let mut names: Vec<String> = files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.retain(|name| name != "tests");
    names.sort();
    let mut known = EXAMPLES.map(|(name, _)| name);
    known.sort_unstable();
    assert_eq!(names, known);
}
