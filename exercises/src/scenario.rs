//! Runs one scenario: the driver with the submission, as a process of its own, whose document is read when it has ended.

use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use kit::Recorded;
use lab::lang::Text;
use lab::python::Interpreter;
use lab::{Result, text};

use crate::copy::Copy;
use crate::hang;
use crate::limits::{Ended, Limits, find_program, read_result, run_limited};
use crate::manifest::LabLimits;

/// A document is at most so large.
const MOST: u64 = 64 << 20;

/// A run in which no thread has moved for so long hangs, in ms.
const STILL_MS: &str = "3000";

/// From the watchdog's time to the kill.
const GRACE: Duration = Duration::from_secs(5);

/// What runs a submission.
#[derive(Clone, Debug)]
pub enum Program {
    /// The compiled program.
    Rust(PathBuf),
    /// The interpreter, for `driver.py submission.py`.
    Python(Interpreter),
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Run {
    /// What was recorded, if it wrote a document that can be read.
    pub recorded: Option<Recorded>,
    /// What ended it otherwise than a scenario should end: a crash, a limit, a panic, a hang. A promise of this scenario is broken.
    pub broken_off: Option<Text>,
    /// How the process ended.
    pub ended: Ended,
}

/// Runs a scenario.
pub fn run(program: &Program, copy: &Copy, scenario: &str, limits: &LabLimits) -> Result<Run> {
    let name = format!("recorded-{scenario}.json");
    let nonce = format!("{:016x}", RandomState::new().hash_one(scenario));
    let mut allowed = Limits::of_run(copy.folder.clone());
    // The watchdog has the first word, and tells who waits for whom: an interpreter takes a while to start on a busy machine.
    allowed.wall = Duration::from_secs(limits.seconds) + GRACE;
    allowed.cpu = Duration::from_secs(2 * limits.seconds);
    allowed.memory = limits.memory_mb << 20;
    allowed.processes = limits.processes;
    allowed.user = copy.user;
    let mut command = match program {
        Program::Rust(path) => Command::new(path),
        Program::Python(python) => {
            allowed.read.extend(installation(&python.path));
            let mut command = Command::new(&python.path);
            command.args(["driver.py", "submission.py"]);
            command.env("KIT_PYTHON", &copy.folder).env("PYTHONDONTWRITEBYTECODE", "1");
            command.env("PYTHONIOENCODING", "utf-8");
            command
        }
    };
    command.arg(scenario).current_dir(&copy.folder);
    command.env("KIT_OUT", copy.folder.join(&name)).env("KIT_NONCE", &nonce);
    command.env("KIT_LIMIT_MS", (1000 * limits.seconds).to_string()).env("KIT_STILL_MS", STILL_MS);
    let ended = run_limited(&command, &allowed)?;
    let document = read_result(&copy.folder, &name, MOST).ok();
    let recorded: Option<Recorded> = document.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let recorded = recorded.filter(|recorded| recorded.nonce == nonce && recorded.scenario == scenario);
    let broken_off = broken_off(&ended, recorded.as_ref(), &allowed);
    Ok(Run { recorded, broken_off, ended })
}

/// Why a scenario did not come to its end, as the student should read it.
fn broken_off(ended: &Ended, recorded: Option<&Recorded>, limits: &Limits) -> Option<Text> {
    if ended.how.is_limit() {
        return Some(ended.how.tell(limits));
    }
    let Some(recorded) = recorded else {
        let (how, said) = (ended.how.tell(limits), last_line(&ended.err));
        return Some(Text {
            ko: format!("기록을 남기지 않고 끝났습니다: {}{said}", how.ko),
            en: format!("it ended without leaving a record: {}{said}", how.en),
        });
    };
    if !recorded.finished {
        let stuck = text!("실행이 끝나지 않습니다", "the run does not end");
        let who = hang::told(&recorded.blocked);
        return Some(who.map_or(stuck.clone(), |who| Text {
            ko: format!("{}. {}", stuck.ko, who.ko),
            en: format!("{}: {}", stuck.en, who.en),
        }));
    }
    if ended.left_behind > 0 {
        let n = ended.left_behind;
        return Some(text!(
            "끝난 뒤에도 프로세스 {n}개가 실행 중이어서 종료시켰습니다",
            "when it had ended, {n} of its processes were still running and were killed"
        ));
    }
    recorded.failed.as_ref().map(|why| {
        let why = lab::escape::escape_controls(why);
        text!("실행이 도중에 실패했습니다: {why}", "the run failed: {why}")
    })
}

/// The last line of what a program said, as the end of a sentence.
fn last_line(said: &str) -> String {
    let line = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if line.is_empty() { String::new() } else { format!(" ({})", lab::escape::escape_controls(line.trim())) }
}

/// The folders that an interpreter needs to read.
fn installation(python: &Path) -> Vec<PathBuf> {
    let given = find_program(python.as_os_str()).ok();
    let real = given.as_ref().and_then(|path| path.canonicalize().ok());
    let prefix = |path: &PathBuf| path.parent().and_then(Path::parent).map(Path::to_owned);
    given.iter().chain(&real).filter_map(prefix).collect()
}
