//! Compiles a Rust submission with its driver: plain `rustc`, so that nothing of a submission but its one file counts.

use std::path::PathBuf;
use std::process::Command;

use lab::lang::Text;
use lab::{Result, text};

use crate::copy::Copy;
use crate::limits::{How, Limits, read_result, run_limited};
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
    command.args(["--edition", "2024", "--crate-name", "lab", "-C", "debuginfo=0", "main.rs"]);
    command.arg("--emit").arg(joined("link=", &program)).args(["--emit", "dep-info=read.d"]);
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
        let Some(file) = other_files(copy) else { return Ok(Ok(program)) };
        let why = text!(
            "컴파일되는 동안 자기 것이 아닌 파일을 읽습니다: {file}",
            "while it is compiled it reads a file that is not its own: {file}"
        );
        return Ok(Err(NotCompiled { why, said: String::new() }));
    }
    let why = match ended.how {
        How::Exit(_) => text!("컴파일되지 않습니다", "it does not compile"),
        how => how.tell(&limits),
    };
    Ok(Err(NotCompiled { why, said: ended.err }))
}

/// A file that the compiler has read for the submission besides the three in the copy: `include_str!("/etc/passwd")`. Landlock and
/// the file's permissions decide what can be read; this sees it without them too.
fn other_files(copy: &Copy) -> Option<String> {
    const MOST: u64 = 1 << 20;
    const OWN: [&str; 3] = ["main.rs", "driver.rs", "submission.rs"];

    let list = read_result(&copy.folder, "read.d", MOST).ok()?;
    let list = String::from_utf8_lossy(&list);
    // Each file that was read has a line of its own, with a colon and nothing behind it.
    let files = list.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.strip_suffix(':'));
    let mut others = files.filter(|file| !OWN.contains(file));
    others.next().map(lab::escape::escape_controls)
}

fn joined(before: &str, path: &std::path::Path) -> std::ffi::OsString {
    let mut word = std::ffi::OsString::from(before);
    word.push(path);
    word
}
