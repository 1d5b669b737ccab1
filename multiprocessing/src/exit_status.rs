//! How processes ended, in one line. A process can be killed, and its parent is told by which signal.

use std::io;
use std::process::ExitStatus;

use lab::lang::Text;
use lab::{Error, Result, text};

/// Fails if a process could not start, was killed, or ended with an exit code other than 0. A process is named by its place in the
/// list; those that failed in the same way are named together.
pub fn require_success(ends: Vec<io::Result<ExitStatus>>) -> Result<()> {
    let mut failed: Vec<(Text, Vec<String>)> = Vec::new();
    for (name, end) in ends.iter().enumerate() {
        let Some(how) = failure(end) else { continue };
        match failed.iter_mut().find(|(known, _)| *known == how) {
            Some((_, names)) => names.push(name.to_string()),
            None => failed.push((how, vec![name.to_string()])),
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    let line = |word: &str, how: fn(&Text) -> &str| {
        let parts: Vec<String> =
            failed.iter().map(|(what, names)| format!("{word} {}: {}", names.join(", "), how(what))).collect();
        parts.join("; ")
    };
    Err(Error::failed(Text { ko: line("프로세스", |t| &t.ko), en: line("Process", |t| &t.en) }))
}

fn failure(end: &io::Result<ExitStatus>) -> Option<Text> {
    match end {
        Err(e) => Some(text!("실행할 수 없습니다: {e}", "cannot be run: {e}")),
        Ok(status) if status.success() => None,
        Ok(status) => Some(describe(*status)),
    }
}

fn describe(status: ExitStatus) -> Text {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return text!("시그널 {signal}로 끝났습니다", "ended by signal {signal}");
    }
    let code = status.code().map_or_else(|| "?".to_owned(), |code| code.to_string());
    text!("종료 코드 {code}로 끝났습니다", "ended with exit code {code}")
}
