//! The command `start`: makes the student's workspace, and shows the first lab red.

use std::path::PathBuf;

use lab::cli::{Args, Experiment, Options};
use lab::{Error, Result, terminal, text};

use crate::track::Track;
use crate::workspace::Workspace;
use crate::{check, labs, next, wanted};

/// `cargo run -p exercises -- start DIR`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let dir = options.positional_output(
        "dir",
        text!("새 폴더, 저장소 안이나 밖", "a new folder, inside or outside of the repository"),
    );
    let track = wanted::track(&mut options);
    let about =
        text!("자기 실습 폴더를 만들고 첫 실습을 채점", "makes a workspace of your own, and judges the first lab");
    Experiment::page("start", about, options, move |args| start(args, args.get(dir), wanted::given_track(args, track)?))
}

fn start(args: &Args, dir: Option<PathBuf>, track: Option<Track>) -> Result<u8> {
    let dir = dir.ok_or_else(|| {
        Error::usage(text!("새 폴더의 이름을 주십시오: start DIR", "give the name of a new folder: start DIR"))
    })?;
    let all = labs::all()?;
    let mut workspace = Workspace::make(&dir, track, &all)?;
    let folder = workspace.folder.display();
    let made = text!(
        "{folder}을(를) 만들었습니다. 그 폴더에서 'cargo exercises …', 여기서는 'cargo run -p exercises -- …'로 실행합니다.",
        "made {folder}. There, run 'cargo exercises …'; here, 'cargo run -p exercises -- …'."
    );
    terminal::print(&format!("{}\n", made));
    let track = workspace.state.track;
    if let Some(lab) = workspace.next(&all, track) {
        next::show(&lab, &workspace, track)?;
        // The first lab is red, as it should be: that is no failure of `start`.
        check::judge_in(args, &mut workspace, &lab, track, false)?;
    }
    Ok(0)
}
