//! Compiles a Rust submission with its driver: plain `rustc`, so that nothing of a submission but its one file counts.

use std::path::PathBuf;
use std::process::Command;

use lab::lang::Text;
use lab::{Result, text};

use crate::copy::Copy;
use crate::limits::{How, Limits, is_stopped, run_limited};
use crate::tools::Tools;

/// Why a submission has no program.
#[derive(Clone, Debug)]
pub struct NotCompiled {
    /// In a sentence.
    pub why: Text,
    /// What the compiler said.
    pub said: String,
}

/// The program in the copy, or why there is none.
pub fn compile(tools: &Tools, copy: &Copy) -> Result<std::result::Result<PathBuf, NotCompiled>> {
    let program = copy.folder.join(format!("lab{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(&tools.rustc);
    command.args(["--edition", "2024", "--crate-name", "lab", "-C", "debuginfo=0", "main.rs", "-o"]).arg(&program);
    command.arg("-L").arg(joined("dependency=", &tools.dependencies));
    for (name, file) in &tools.crates {
        command.arg("--extern").arg(joined(&format!("{name}="), file));
    }
    command.current_dir(&copy.folder);
    let mut limits = Limits::of_compiler(copy.folder.clone());
    limits.user = copy.user;
    limits.read = vec![tools.sysroot.clone(), tools.dependencies.clone()];
    let ended = run_limited(&command, &limits)?;
    if ended.how == How::Exit(0) {
        return Ok(Ok(program));
    }
    let why = match ended.how {
        How::Exit(_) => text!("컴파일되지 않습니다", "it does not compile"),
        how => how.tell(&limits),
    };
    if is_stopped() {
        return Err(lab::Error::failed(how_stopped()));
    }
    Ok(Err(NotCompiled { why, said: ended.err }))
}

/// The line after Ctrl-C.
pub fn how_stopped() -> Text {
    text!("중단했습니다.", "stopped.")
}

fn joined(before: &str, path: &std::path::Path) -> std::ffi::OsString {
    let mut word = std::ffi::OsString::from(before);
    word.push(path);
    word
}
