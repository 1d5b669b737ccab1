//! `cargo run -p lab -- prepare`: everything that the lab of 90 minutes runs is built and tried before the class.
//!
//! Each program is built on its own, as `cargo run -p PROGRAM` builds it. `cargo build --workspace` would not help: it unites the
//! features of all programs, and cargo would build most libraries again for the first command of a student.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Deserialize;

use lab::cli::{Args, Experiment, Options};
use lab::lang::{self, Text};
use lab::python::Interpreter;
use lab::report::{Front, Report, Table, Unit, unit};
use lab::{Error, Result, machine, process, text};

/// A step that takes longer than this has hung.
const LIMIT: Duration = Duration::from_secs(1800);
/// What the builds of the plan take on disk, in bytes, with some to spare: 1.52 GB were measured (27 November 2026, Linux, Rust 1.95).
const DISK: u64 = 1_600_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    step: Vec<Step>,
}

/// A command of the plan, and the minutes in which students run it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    minutes: String,
    command: String,
}

impl Step {
    /// The words after `cargo`.
    fn words(&self) -> Vec<&str> {
        self.command.split_whitespace().skip(1).collect()
    }

    /// The words after `cargo` that build the same program: those of `run` before `--`.
    fn build(&self) -> Vec<&str> {
        let words = self.words();
        let own = words.iter().skip(1).take_while(|word| **word != "--").copied();
        std::iter::once("build").chain(own).collect()
    }
}

pub fn command() -> Experiment {
    Experiment::new(
        "prepare",
        text!("90분 실습에 쓸 것을 미리 빌드하고 실행해 봄", "builds and tries what the lab of 90 minutes runs"),
        Options::new(),
        run,
    )
}

fn run(args: &Args) -> Result<Report> {
    let plan: Plan = basic_toml::from_str(include_str!("../../../../docs/plan.toml")).expect("a test reads the plan");
    let root = workspace()?;
    let mut report = Report::new("lab/prepare");
    let start = Instant::now();
    report.tables.push(programs(&plan, &root, &mut report.failures));
    report.tables.insert(0, surroundings(args.pythons(), &root, &mut report.failures));
    report.front = vec![Front::Table(1)];
    report.exit_code = u8::from(!report.failures.is_empty());
    let (failed, all) = (report.failures.len(), unit::duration(start.elapsed().as_nanos() as f64));
    report.shows = match failed {
        0 => text!(
            "수업에 필요한 것이 모두 준비되었습니다. {all} 걸렸습니다.",
            "Everything is ready for the class. It took {all}."
        ),
        _ => text!(
            "준비되지 않은 것이 {failed}가지 있습니다. 아래 ✗ 줄을 보십시오.",
            "{failed} things are not ready. See the ✗ lines below."
        ),
    };
    Ok(report)
}

/// The root of the sources: cargo tells where the package is that it runs.
fn workspace() -> Result<PathBuf> {
    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let root = package.as_deref().and_then(Path::parent).and_then(Path::parent);
    root.map(Path::to_owned).ok_or_else(|| {
        Error::usage(text!(
            "'cargo run -p lab -- prepare'로 실행하십시오. 소스가 있는 곳을 cargo가 알려 줍니다.",
            "run it as 'cargo run -p lab -- prepare': cargo tells where the sources are."
        ))
    })
}

/// Builds every program of the plan once, then runs every command once.
fn programs(plan: &Plan, root: &Path, failures: &mut Vec<Text>) -> Table {
    let mut built: Vec<(Vec<&str>, Text)> = Vec::new();
    let mut rows = Vec::new();
    for step in &plan.step {
        let build = step.build();
        let known = built.iter().any(|(words, _)| *words == build);
        let build_time = if known { Text::same("–") } else { cargo(&build, root, step, failures) };
        if !known {
            built.push((build, build_time.clone()));
        }
        let run_time = cargo(&quiet(step.words()), root, step, failures);
        rows.push(vec![Text::same(&*step.minutes), Text::same(&*step.command), build_time, run_time]);
    }
    let head = vec![text!("분", "minutes"), text!("명령", "command"), text!("빌드", "build"), text!("실행", "run")];
    Table { title: text!("실습의 명령", "the commands of the lab"), head, rows }
}

/// `cargo run` without cargo's own lines, in the reader's language.
fn quiet(words: Vec<&str>) -> Vec<&str> {
    let code = lang::current().code();
    let mut all = words;
    if !all.contains(&"--") {
        all.push("--");
    }
    all.extend(["--lang", code]);
    all
}

/// Runs cargo and returns how long it took; names what failed.
fn cargo(words: &[&str], root: &Path, step: &Step, failures: &mut Vec<Text>) -> Text {
    let shown = words.join(" ");
    eprintln!("cargo {shown}");
    let start = Instant::now();
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut all: Vec<OsString> = vec!["--quiet".into()];
    all.extend(words.iter().map(OsString::from));
    match process::run_guarded(Path::new(&cargo), &all, LIMIT, |command| _ = command.current_dir(root)) {
        Ok(_) => Text::same(unit::duration(start.elapsed().as_nanos() as f64)),
        Err(why) => {
            let command = &step.command;
            failures.push(Text { ko: format!("{command}: {}", why.ko), en: format!("{command}: {}", why.en) });
            text!("실패", "failed")
        }
    }
}

/// Cores, disk, Pythons and the libraries of theirs that experiments use where they are found.
fn surroundings(pythons: &[Interpreter], root: &Path, failures: &mut Vec<Text>) -> Table {
    let cores = machine::cores();
    let mut rows = vec![vec![text!("코어", "cores"), Text::same(cores.to_string()), enough(cores >= 2)]];
    if cores < 2 {
        failures.push(text!(
            "코어가 하나뿐입니다. 병렬성에 대한 판정은 모두 [측정하지 않음]이 됩니다",
            "there is only one core: no verdict on parallelism can be measured"
        ));
    }
    let free = machine::free_disk(root);
    let said =
        free.map_or(text!("알 수 없음", "unknown"), |bytes| Text::same(unit::value(bytes as f64, Unit::Bytes)));
    let short = free.is_some_and(|bytes| bytes < DISK);
    rows.push(vec![text!("빈 디스크", "free disk"), said, enough(!short)]);
    if short {
        let need = unit::value(DISK as f64, Unit::Bytes);
        failures.push(text!(
            "디스크가 모자랍니다. {need} 이상 비워 두십시오",
            "the disk is short of space: keep {need} free"
        ));
    }
    if pythons.is_empty() {
        rows.push(vec![text!("파이썬", "Python"), text!("없음", "none"), text!("선택", "optional")]);
    }
    for python in pythons {
        rows.push(vec![Text::same("Python"), Text::same(python.to_string()), text!("있음", "found")]);
        for (library, module) in [("Pillow", "PIL"), ("NumPy", "numpy")] {
            let there = has(python, module);
            let state = if there { text!("있음", "found") } else { text!("없음 (선택)", "missing (optional)") };
            rows.push(vec![Text::same(format!("{library}, {python}")), Text::same(""), state]);
        }
    }
    let head = vec![text!("항목", "what"), text!("값", "value"), text!("상태", "state")];
    Table { title: text!("이 컴퓨터", "this machine"), head, rows }
}

fn enough(yes: bool) -> Text {
    if yes { text!("충분", "enough") } else { text!("모자람", "not enough") }
}

fn has(python: &Interpreter, module: &str) -> bool {
    let ask: [OsString; 2] = ["-c".into(), format!("import {module}").into()];
    process::run_guarded(&python.path, &ask, Duration::from_secs(60), |_| ()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_can_be_read_and_each_step_built() {
        let plan: Plan = basic_toml::from_str(include_str!("../../../../docs/plan.toml")).unwrap();
        assert!(plan.step.iter().all(|step| step.command.starts_with("cargo run ")));
        let step = |command: &str| Step { minutes: String::new(), command: command.to_owned() };
        let built = |command: &str| step(command).build().join(" ");
        assert_eq!(built("cargo run -p threading -- cpu --rounds 1"), "build -p threading");
        assert_eq!(built("cargo run --release -p compare"), "build --release -p compare");
    }
}
