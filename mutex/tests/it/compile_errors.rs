//! The programs in the documentation of `counter` that Rust refuses, each for the reason that stands beside it.
//!
//! Stable rustdoc only looks whether a `compile_fail` block fails, not why; so here the compiler itself is asked.

use std::env;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// The blocks of the documentation: what stands behind the three backquotes, and the program.
fn blocks() -> Vec<(String, String)> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in include_str!("../../src/experiments/counter/mod.rs").lines().map_while(|line| line.strip_prefix("//!"))
    {
        match line.trim().strip_prefix("```") {
            Some(_) if open => open = false,
            Some(fence) => {
                open = true;
                blocks.push((fence.to_owned(), String::new()));
            }
            None if open => {
                let (_, program) = blocks.last_mut().expect("a block is open");
                program.push_str(line);
                program.push('\n');
            }
            None => {}
        }
    }
    blocks
}

/// The codes of the errors for which the compiler refuses a program; none if it takes it.
fn errors(name: &str, program: &str) -> Vec<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.rmeta"));
    let mut child = Command::new(rustc)
        .args(["--edition=2024", "--crate-type=bin", "--emit=metadata", "--error-format=json", "-o"])
        .args([out.as_os_str(), "-".as_ref()])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the compiler that built this test, or RUSTC");
    let mut stdin = child.stdin.take().expect("piped");
    write!(stdin, "fn main() {{\n{program}}}\n").expect("the compiler reads it");
    drop(stdin);
    let done = child.wait_with_output().expect("the compiler ends");
    let said = String::from_utf8(done.stderr).expect("JSON");
    let codes: Vec<String> =
        said.split(r#""code":{"code":"E"#).skip(1).map(|rest| format!("E{}", &rest[..4])).collect();
    assert_eq!(done.status.success(), codes.is_empty(), "{said}");
    codes
}

#[test]
fn the_plain_race_is_refused_for_the_reason_given() {
    let blocks = blocks();
    let fences: Vec<&str> = blocks.iter().map(|(fence, _)| fence.as_str()).collect();
    assert_eq!(fences, ["compile_fail,E0499", "compile_fail,E0277", ""]);
    assert_eq!(errors("plain", &blocks[0].1), ["E0499"]);
    assert_eq!(errors("cell", &blocks[1].1), ["E0277"]);
    assert!(errors("mutex", &blocks[2].1).is_empty(), "the fixed one compiles");
    assert_eq!(errors("typo", "let counter: u64 = true;\n"), ["E0308"], "any other error has another code");
}

/// A guard that lives over an `.await`, and one that does not, as functions of a library.
const HELD: &str = "pub async fn f(m: &std::sync::Mutex<u64>) {\n let mut n = m.lock().unwrap();\n std::future::ready(()).await;\n *n += 1;\n}\n";
const DROPPED: &str =
    "pub async fn f(m: &std::sync::Mutex<u64>) {\n std::future::ready(()).await;\n *m.lock().unwrap() += 1;\n}\n";
const SENT: &str = "pub fn sent(m: &'static std::sync::Mutex<u64>) { fn send<T: Send>(_: T) {} send(f(m)) }\n";

/// What a compiler says about a library, and whether it took it; `None` if there is no such compiler.
fn compiled(compiler: &str, name: &str, source: &str, flags: &[&str]) -> Option<(bool, String)> {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.rmeta"));
    let mut child = Command::new(compiler)
        .args(["--edition=2024", "--crate-type=lib", "--crate-name=held", "--emit=metadata", "-o"])
        .args([out.as_os_str(), "-".as_ref()])
        .args(flags)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take().expect("piped");
    // A compiler that cannot even start may not read.
    let _ = stdin.write_all(source.as_bytes());
    drop(stdin);
    let done = child.wait_with_output().expect("the compiler ends");
    Some((done.status.success(), String::from_utf8_lossy(&done.stderr).into_owned()))
}

#[test]
fn the_compiler_refuses_to_send_a_guard_that_lives_over_an_await() {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let compiled = |name, source: &str| compiled(&rustc, name, source, &[]).expect("the compiler that built this test");
    let (taken, said) = compiled("sent", &[HELD, SENT].concat());
    assert!(!taken && said.contains("future cannot be sent between threads safely"), "{said}");
    assert!(compiled("dropped", &[DROPPED, SENT].concat()).0, "without the guard it may go");
    assert!(compiled("local", HELD).0, "on one thread the compiler has nothing against it");
}

#[test]
fn clippy_refuses_a_guard_that_lives_over_an_await() {
    let clippy = |name, source| compiled("clippy-driver", name, source, &["-Dclippy::await_holding_lock"]);
    let Some((taken, said)) = clippy("lint", HELD) else {
        assert!(env::var_os("CI").is_none(), "CI has no clippy");
        println!("not measured: there is no clippy-driver here");
        return;
    };
    assert!(!taken && said.contains("this `MutexGuard` is held across an await point"), "{said}");
    assert!(clippy("calm", DROPPED).expect("it ran above").0, "the fixed one is none of its business");
}
