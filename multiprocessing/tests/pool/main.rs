//! The pool, and everything that it must survive. The tests run beside each other, each with a pool of its own.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in test functions; ours are not marked as such")]

mod basics;
#[path = "../common/mod.rs"]
mod common;
mod faults;
mod frames;
mod hang;
mod tasks;

use std::env;
use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Trial};
use multiprocessing::pool;

fn main() -> ExitCode {
    let alone = env::args().nth(1).zip(env::args().nth(2)).filter(|(first, _)| first == ALONE).map(|(_, what)| what);
    // The parent of this scene knows tasks that its workers do not.
    pool::init(if alone.as_deref() == Some("stillborn") { &tasks::TASKS[1..] } else { tasks::TASKS });
    match alone.as_deref() {
        Some("deaths") => faults::a_thousand_deaths(),
        Some("stillborn") => faults::stillborn(),
        _ => return run_all(),
    }
    ExitCode::SUCCESS
}

fn run_all() -> ExitCode {
    let trials = [basics::TESTS, faults::TESTS, frames::TESTS].concat();
    let trial = |(name, test): &(&'static str, fn())| {
        let (name, test) = (*name, *test);
        Trial::test(name, move || {
            let _watched = hang::Watched::begin(name);
            test();
            Ok(())
        })
    };
    libtest_mimic::run(&Arguments::from_args(), trials.iter().map(trial).collect()).exit_code()
}

const ALONE: &str = "__alone";

/// Plays a scene in a process of its own, and fails if it does.
fn alone(scene: &str) {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([ALONE, scene]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = common::finish(common::Program(command.spawn().unwrap()));
    print!("{}", common::out(&output));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A list of test functions by their names.
macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        pub const TESTS: &[(&str, fn())] = &[$((stringify!($name), $name)),*];
    };
}
pub(crate) use tests;
