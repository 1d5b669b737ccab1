//! The command `next`: the task of the first lab that has not been passed.

use std::fs;

use lab::cli::{Experiment, Options};
use lab::{Result, terminal, text};

use crate::labs::{self, Lab};
use crate::track::Track;
use crate::workspace::Workspace;
use crate::{page, wanted};

/// `cargo run -p exercises -- next`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let dir = wanted::dir(&mut options);
    let track = wanted::track(&mut options);
    let about = text!("다음 실습의 과제", "the task of the next lab");
    Experiment::page("next", about, options, move |args| {
        let workspace = Workspace::find(args.get(dir).as_deref())?;
        let track = wanted::given_track(args, track)?.unwrap_or(workspace.state.track);
        match workspace.next(&labs::all()?, track) {
            Some(lab) => show(&lab, &workspace, track)?,
            None => wanted::nothing_left(),
        }
        Ok(0)
    })
}

/// Prints a task, and the file that is to be changed.
pub fn show(lab: &Lab, workspace: &Workspace, track: Track) -> Result<()> {
    let task = fs::read_to_string(lab.task())?;
    let (file, number) = (workspace.submission(lab, track), lab.number);
    let file = file.display();
    let then =
        text!("고칠 파일: {file}\n채점: check {number}", "the file to change: {file}\nto judge it: check {number}");
    terminal::print(&format!("\n{}\n{then}\n", page::markdown(&task, terminal::width())));
    Ok(())
}
