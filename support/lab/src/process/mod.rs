//! Child processes: with a time limit, and none outlives its parent.

pub mod lifeline;

use std::env;
use std::ffi::OsString;
use std::io::{self, PipeReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::lang::Text;
use crate::render::quote;
use crate::text;

/// More output than this is cut off, in bytes.
const MOST_OUTPUT: u64 = 64 << 20;

/// Runs a command that ends when the pipe it is given hangs up, and returns what it printed.
pub(crate) fn run_limited(
    limit: Duration,
    command: impl FnOnce(PipeReader) -> io::Result<Command>,
) -> Result<String, Text> {
    let start = || -> io::Result<_> {
        let (reader, lifeline) = io::pipe()?;
        let child = command(reader)?.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        Ok((child, lifeline))
    };
    let (mut child, lifeline) = start().map_err(|e| text!("실행할 수 없습니다: {e}", "cannot be started: {e}"))?;
    let out = read_all(child.stdout.take());
    let err = read_all(child.stderr.take());
    let in_time = out.recv_timeout(limit);
    if in_time.is_err() {
        drop(lifeline); // the child ends, a guard kills its group, and the pipes come to their end
    }
    let status = wait_and_kill_group(child);
    let complaint = err.recv().unwrap_or_default();
    let Ok(printed) = in_time else {
        let s = limit.as_secs_f64();
        return Err(text!("{s:.0}초 안에 끝나지 않았습니다", "it did not end within {s:.0} s"));
    };
    match status {
        Ok(0) => Ok(printed),
        Ok(code) => {
            let last = quote(complaint.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(""));
            Err(text!("종료 코드 {code}: {last}", "exit code {code}: {last}"))
        }
        Err(e) => Err(text!("끝을 알 수 없습니다: {e}", "its end is unknown: {e}")),
    }
}

/// Runs another program and returns what it printed; `prepare` sets its folder and environment. When the time is up, or when this
/// process ends, the program and all its children are killed.
pub fn run_guarded(
    program: &Path,
    args: &[OsString],
    limit: Duration,
    prepare: impl FnOnce(&mut Command),
) -> Result<String, Text> {
    run_limited(limit, |line| {
        let mut command = lifeline::guarded(env::current_exe()?.into(), program.into(), line);
        command.args(args);
        prepare(&mut command);
        Ok(command)
    })
}

/// Reads to the end in a thread of its own, so that neither pipe blocks the other.
fn read_all(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (done, read) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            // What was read before an error is what there is.
            let _ = pipe.take(MOST_OUTPUT).read_to_end(&mut bytes);
        }
        let _ = done.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    read
}

/// Waits for a child, and ends what a guarded program left behind in its group; a child without a group has none to end.
fn wait_and_kill_group(mut guard: Child) -> io::Result<i32> {
    let status = guard.wait();
    #[cfg(unix)]
    lifeline::kill_group(guard.id());
    Ok(status?.code().unwrap_or(1))
}
