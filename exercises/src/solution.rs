//! The command `solution`: the solution of a lab that was passed.

use std::fs;

use lab::cli::{Experiment, Options};
use lab::{Error, Result, terminal, text};

use crate::assess;
use crate::track::Track;
use crate::workspace::Workspace;
use crate::{labs, wanted};

/// `cargo run -p exercises -- solution N`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let number = wanted::number(&mut options);
    let dir = wanted::dir(&mut options);
    let track = wanted::track(&mut options);
    let teacher = options.flag("teacher", text!("통과하지 않았어도", "also if the lab has not been passed"));
    let about = text!("통과한 실습의 모범 답안", "the solution of a lab that you have passed");
    Experiment::page("solution", about, options, move |args| {
        let given = wanted::given_track(args, track)?;
        solution(args.get(number), args.get(dir).as_deref(), given, args.get(teacher))
    })
}

fn solution(number: Option<String>, dir: Option<&std::path::Path>, track: Option<Track>, teacher: bool) -> Result<u8> {
    let number = number.ok_or_else(|| {
        Error::usage(text!("실습 번호를 주십시오: solution N", "give the number of a lab: solution N"))
    })?;
    let lab = labs::find(&number)?;
    let workspace = if teacher { Workspace::find(dir).ok() } else { Some(Workspace::find(dir)?) };
    let track = track.or(workspace.as_ref().map(|workspace| workspace.state.track)).unwrap_or(Track::Rust);
    assess::exists_in(&lab, track)?;
    let number = lab.number;
    if !teacher && !workspace.is_some_and(|workspace| workspace.passed(&lab, track)) {
        return Err(Error::failed(text!(
            "실습 {number}을(를) 통과한 다음에 볼 수 있습니다. 막혔다면: hint {number}",
            "you can see it when you have passed lab {number}. If you are stuck: hint {number}"
        )));
    }
    terminal::print(&fs::read_to_string(lab.file("solution", track))?);
    Ok(0)
}
