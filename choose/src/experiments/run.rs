//! Runs a command once, unchanged, and says what would make it faster.

use lab::cli::{Experiment, Options};
use lab::report::Report;
use lab::{Error, text};

/// `cargo run -p choose -- PROGRAM ARG…`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let command = options.positional_command("command", text!("실행할 명령", "the command to run"));
    Experiment::new("run", text!("명령을 한 번 실행", "runs a command once"), options, move |a| {
        let command = a.get(command);
        if command.is_empty() {
            return Err(Error::usage(text!("명령을 주십시오.", "give a command.")));
        }
        let ended = crate::launch::run(&command, 100)?;
        let mut report = Report::new("choose/run");
        report.measures = ended.recording.measures();
        report.measures.extend(ended.recording.flags());
        report.exit_code = ended.code;
        Ok(report)
    })
    .looks_for_pythons()
    .runs_a_program()
}
