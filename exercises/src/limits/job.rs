//! What the grader hands to the supervisor, and which program the supervisor is.

use std::ffi::OsString;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use lab::{Error, Result, text};
use serde::{Deserialize, Serialize};

use super::rules::Limits;
use super::user;

/// The hidden subcommand of the supervisor.
pub const SUPERVISE: &str = "limits-supervise";
/// The hidden subcommand that sets the limits on itself and becomes the program.
pub const START: &str = "limits-start";

pub(super) static EXECUTABLE: OnceLock<PathBuf> = OnceLock::new();
/// For tests, whose own program is not the grader: the program that has the subcommands [`SUPERVISE`] and [`START`].
pub fn supervised_by(program: PathBuf) {
    let _ = EXECUTABLE.set(program);
}

/// A command with its limits, as the grader hands it to the supervisor.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) program: PathBuf,
    pub(super) args: Vec<OsString>,
    pub(super) env: Vec<(OsString, OsString)>,
    pub(super) dir: PathBuf,
    pub(super) limits: Limits,
    /// Reading all files is granted: see [`super::Guards::reads_everything`].
    pub(super) read_all: bool,
    /// Known to `limits-start` and not to the program: with it the former says that the latter could not be started.
    pub(super) nonce: u64,
    /// The grader's own priority, which the program gets.
    pub(super) nice: i32,
}

impl Job {
    pub(super) fn new(command: &Command, limits: &Limits) -> Result<Job> {
        let program = find_program(command.get_program())?;
        let set = |(name, value): (&std::ffi::OsStr, Option<&std::ffi::OsStr>)| Some((name.into(), value?.into()));
        let mut env: Vec<(OsString, OsString)> = command.get_envs().filter_map(set).collect();
        let copy = limits.folder.as_os_str();
        let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
        // Temporary files and settings belong in the copy; a locale keeps Python from choosing ASCII. The compiler looks for
        // the linker in PATH.
        for (name, value) in
            [("PATH", path.as_os_str()), ("LANG", "C.UTF-8".as_ref()), ("HOME", copy), ("TMPDIR", copy)]
        {
            if !env.iter().any(|(n, _)| n == name) {
                env.push((name.into(), value.into()));
            }
        }
        let read_all = limits.user.is_some() && user::cannot_reach(limits.read.iter().chain([&program]));
        Ok(Job {
            args: command.get_args().map(Into::into).collect(),
            env,
            dir: command.get_current_dir().unwrap_or(&limits.folder).into(),
            limits: limits.clone(),
            program,
            read_all,
            nonce: RandomState::new().hash_one(std::process::id()),
            nice: nice(),
        })
    }
}

#[cfg(target_os = "linux")]
fn nice() -> i32 {
    rustix::process::getpriority_process(None).unwrap_or(0)
}

#[cfg(not(target_os = "linux"))]
fn nice() -> i32 {
    0
}

/// The program's path, looked up as a shell does, in the grader's own `PATH`.
pub fn find_program(program: &std::ffi::OsStr) -> Result<PathBuf> {
    let path = PathBuf::from(program);
    if path.components().count() > 1 {
        return Ok(path);
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).map(|folder| folder.join(&path)).find(|file| file.is_file()).ok_or_else(|| {
        let name = program.to_string_lossy();
        Error::failed(text!("{name}을(를) 찾을 수 없습니다", "{name} was not found"))
    })
}
