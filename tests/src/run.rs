//! Runs our programs: Korean, 80 columns, no colour, no terminal.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use harness::{Done, finish, start};

use crate::workspace::{is_stale, workspace};

/// The executable of a member of the workspace. Panics if it is missing or older than its sources, because cargo builds for a test
/// only the programs of its own package.
pub fn program(name: &str) -> PathBuf {
    program_in(Profile::Own, name)
}

/// Which build of a program is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// That of the running test or program.
    Own,
    /// The release build.
    Release,
}

fn program_in(profile: Profile, name: &str) -> PathBuf {
    let exe = env::current_exe().expect("the system knows what it runs");
    let folder = exe.parent().expect("an executable is in a folder");
    let folder = if folder.ends_with("deps") { folder.parent().expect("deps is in a folder") } else { folder };
    let folder = match profile {
        Profile::Own => folder.to_owned(),
        Profile::Release => folder.with_file_name("release"),
    };
    let program = folder.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    static STALE: Mutex<BTreeMap<PathBuf, bool>> = Mutex::new(BTreeMap::new());
    let mut stale = STALE.lock().unwrap_or_else(PoisonError::into_inner);
    if *stale.entry(program.clone()).or_insert_with(|| is_stale(name, &program)) {
        drop(stale);
        let profile = if folder.ends_with("release") { " --release" } else { "" };
        panic!("{name} is missing or older than its sources: run `cargo build --workspace{profile}` first");
    }
    program
}

/// The sections of the article, as programs with experiments. `choose` runs programs of the reader's, `workbench` is a page.
pub const SECTIONS: [&str; 10] = [
    "kitchen",
    "native",
    "threading",
    "asyncio",
    "multiprocessing",
    "mutex",
    "gil-sim",
    "compare",
    "choose",
    "workbench",
];

/// A command for one of our programs.
pub fn command<S: AsRef<OsStr>>(name: &str, args: &[S]) -> Command {
    command_in(Profile::Own, name, args)
}

fn command_in<S: AsRef<OsStr>>(profile: Profile, name: &str, args: &[S]) -> Command {
    let mut command = Command::new(program_in(profile, name));
    command.args(args).current_dir(workspace());
    command.env("LC_ALL", "ko_KR.UTF-8").env("COLUMNS", "80").env_remove("RUST_BACKTRACE");
    // `compare claims` would build the programs that it runs; here they are as they are.
    command.env_remove("CARGO");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs one of our programs to its end.
pub fn run(name: &str, args: &[&str]) -> Done {
    run_in(Profile::Own, name, args)
}

/// Runs one of our programs, of this build, to its end.
pub fn run_in(profile: Profile, name: &str, args: &[&str]) -> Done {
    finish(start(&mut command_in(profile, name, args)))
}

/// The names of a section's experiments, as `--help` lists them.
pub fn words(section: &str) -> Vec<String> {
    let help = run(section, &["--help", "--lang", "en"]).ends_with(0).out;
    let list = help.split("Experiments:\n").nth(1).unwrap_or_else(|| panic!("{section}: {help}"));
    let lines = list.lines().take_while(|line| !line.trim().is_empty());
    // The second line of a description is indented further.
    let words = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    words.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}
