//! The command that starts this program once more, as a process of the article's listing.

use std::env;
use std::io;
use std::process::Command;

use lab::{lang, process::lifeline, say};

/// `std::process::Command` for our own executable. The child ends with us (`lifeline`), speaks the reader's language, and what it
/// says is said here, with its times (`say`).
pub fn this_program() -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["--lang", lang::current().code()]).stdin(lifeline::end()?).stdout(say::end()?);
    Ok(command)
}
