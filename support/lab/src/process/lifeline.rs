//! No child outlives its parent: every child holds the reading end of a pipe whose writing end only the parent holds.
//!
//! When the parent ends, even by `kill -9`, the operating system closes the pipe, and the child reads end of file.
//! Unlike Linux's `PR_SET_PDEATHSIG` this works on every system, and does not depend on which *thread* started the child.

use std::ffi::OsString;
use std::io::{self, PipeReader, PipeWriter, Read};
use std::process::{self, Command, ExitCode, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::lang::Text;
use crate::terminal;

/// The first argument that makes any of our programs a guard, see [`guard`].
pub const GUARD: &str = "__guard";

static LINE: Mutex<Option<(PipeReader, PipeWriter)>> = Mutex::new(None);

/// Standard input for a child that calls [`watch`]: it ends when this process ends.
pub fn end() -> io::Result<Stdio> {
    let mut line = LINE.lock().unwrap_or_else(PoisonError::into_inner);
    if line.is_none() {
        *line = Some(io::pipe()?);
    }
    let (reader, _writer_stays_open) = line.as_ref().expect("made above");
    Ok(Stdio::from(reader.try_clone()?))
}

/// In the child: ends this process when the parent ends.
pub fn watch() {
    on_end_of_input(|| process::exit(1));
}

/// Runs `then` in a new thread when standard input reaches its end.
fn on_end_of_input(then: impl FnOnce() + Send + 'static) {
    thread::spawn(move || {
        let mut ignored = [0; 64];
        // Nobody writes into a lifeline. An error, too, means that the parent is gone.
        while matches!(io::stdin().lock().read(&mut ignored), Ok(n) if n > 0) {}
        then();
    });
}

/// A command that runs another program under a guard: our own executable starts it in a process group of its own, and kills the
/// whole group when `lifeline` is closed. For programs that do not watch a lifeline, such as Python and its workers.
pub fn guarded(executable: OsString, program: OsString, lifeline: PipeReader) -> Command {
    let mut command = Command::new(executable);
    command.arg(GUARD).arg(program).stdin(lifeline);
    // A group of its own also keeps a Ctrl-C in the terminal from reaching the guard before us.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

/// The guard itself, in our re-executed program: `args` are the program and its arguments.
pub fn guard(mut args: impl Iterator<Item = OsString>) -> ExitCode {
    let Some(program) = args.next() else {
        return ExitCode::from(2);
    };
    let mut child = match Command::new(&program).args(args).stdin(Stdio::null()).spawn() {
        Ok(child) => child,
        Err(e) => {
            // Only the system's message: the guard does not know the reader's language, and its parent adds the context.
            terminal::complain(&Text::same(e.to_string()));
            return ExitCode::from(127);
        }
    };
    on_end_of_input(|| {
        #[cfg(unix)]
        kill_group(process::id());
        process::exit(1);
    });
    match child.wait() {
        Ok(status) => ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)),
        Err(_) => ExitCode::FAILURE,
    }
}

/// Kills every process in the group of a guard. An empty group is not an error.
#[cfg(unix)]
pub fn kill_group(leader: u32) {
    if let Some(pid) = i32::try_from(leader).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
}
