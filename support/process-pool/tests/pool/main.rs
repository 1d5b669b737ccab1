//! Tests of the pool. They run concurrently, each with a pool of its own.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in test functions; ours are not marked as such")]

mod basics;
mod callbacks;
mod cancel;
mod cleanup;
mod common;
mod completed;
mod failures;
mod forks;
mod frames;
mod futures;
mod gate;
mod handles;
mod hang;
mod imap;
mod initializer;
mod iterators;
mod kill_storm;
mod memory;
mod options;
mod panics;
mod raw;
mod recycling;
mod registration;
mod retries;
mod scarcity;
mod shared;
mod shutdown;
mod starts;
mod storm;
mod tasks;

use std::env;
use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Trial};
use process_pool::Start;

fn main() -> ExitCode {
    let alone = env::args().nth(1).zip(env::args().nth(2)).filter(|(first, _)| first == ALONE).map(|(_, what)| what);
    starts::crowd();
    starts::not_a_worker();
    cleanup::with_other_tasks();
    process_pool::init();
    basics::START.set(if env::args().nth(3).is_some_and(|start| start == "exec") { Start::Exec } else { Start::Fork });
    match alone.as_deref() {
        Some("deaths") => cleanup::a_thousand_deaths(),
        Some("stillborn") => cleanup::stillborn(),
        Some("childless") => cleanup::childless(),
        Some("server") => starts::server(),
        Some("killed-server") => starts::killed_server(),
        Some("stopped-server") => starts::stopped_server(),
        Some("folders") => starts::folders(),
        Some("few-descriptors") => starts::few_descriptors(),
        Some("crowded") => starts::crowded(),
        Some("huge") => retries::huge(),
        Some("forked") => forks::forked(),
        Some("daemon") => forks::daemon(),
        Some("forked-in-a-call") => forks::forked_in_a_call(),
        Some("scarce-descriptors") => scarcity::scarce_descriptors(),
        Some("scarce-processes") => scarcity::scarce_processes(),
        Some("strangers") => starts::strangers(),
        Some("kept") => memory::kept(),
        Some("large") => memory::large(),
        Some("varying") => memory::varying(),
        Some("no-memfd") => memory::no_memfd(),
        Some("full") => memory::full(),
        Some("too-full") => memory::too_full(),
        Some("backtrace") => panics::backtrace(true),
        Some("no-backtrace") => panics::backtrace(false),
        Some("forked-handles") => forks::forked_handles(),
        Some("awaited-without-threads") => futures::awaited_without_threads(),
        Some("few-threads") => futures::few_threads(),
        Some("shut-down") => shutdown::shut_down(),
        _ => return run_all(),
    }
    ExitCode::SUCCESS
}

fn run_all() -> ExitCode {
    let trial = |start, (name, test): &(&'static str, fn())| {
        let (name, test) = (*name, *test);
        let trial = Trial::test(name, move || {
            let _watched = hang::Watched::begin(name);
            basics::START.set(start);
            test();
            Ok(())
        });
        if start == Start::Fork { trial } else { trial.with_kind("exec") }
    };
    // What is true of a pool is true of it in whatever way its workers come to be.
    let of_pools = [
        basics::TESTS,
        kill_storm::TESTS,
        registration::TESTS,
        failures::TESTS,
        panics::TESTS,
        memory::TESTS,
        forks::TESTS,
        scarcity::TESTS,
        initializer::TESTS,
        iterators::TESTS,
        retries::TESTS,
        cleanup::TESTS,
        callbacks::TESTS,
        cancel::TESTS,
        completed::TESTS,
        futures::TESTS,
        handles::TESTS,
        imap::TESTS,
        options::TESTS,
        recycling::TESTS,
        shared::TESTS,
        shutdown::TESTS,
        storm::TESTS,
    ]
    .concat();
    let mut trials: Vec<Trial> = of_pools.iter().map(|test| trial(Start::Fork, test)).collect();
    trials.extend(of_pools.iter().map(|test| trial(Start::Exec, test)));
    trials.extend([frames::TESTS, starts::TESTS].concat().iter().map(|test| trial(Start::Fork, test)));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The first argument of a scene that runs in its own process; its name and start method follow.
const ALONE: &str = "__alone";

/// Runs a scene in its own process, and fails if it does.
fn alone(scene: &str) {
    alone_with(scene, |_| ());
}

/// The same, with changes to the command.
fn alone_with(scene: &str, more: impl FnOnce(&mut Command)) {
    let mut command = self::scene(scene);
    more(&mut command);
    let output = common::finish(common::Program(command.spawn().unwrap()));
    print!("{}", common::out(&output));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The command of a scene.
fn scene(scene: &str) -> Command {
    let start = if basics::START.get() == Start::Exec { "exec" } else { "fork" };
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([ALONE, scene, start]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Lists test functions by name.
macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        pub const TESTS: &[(&str, fn())] = &[$((stringify!($name), $name)),*];
    };
}
pub(crate) use tests;
