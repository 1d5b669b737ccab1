//! The command `check`: judges the student's submission of a lab, and tells it as a teacher would.

use std::path::{Path, PathBuf};

use lab::cli::{Args, Choice as _, Experiment, Options};
use lab::render::wrap;
use lab::{Error, Result, terminal, text};

use crate::assess::{self, Assessment};
use crate::labs::Lab;
use crate::track::Track;
use crate::workspace::Workspace;
use crate::{copy, labs, limits, tell, tools, wanted};

/// `cargo run -p exercises -- check [N]`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let number = wanted::number(&mut options);
    let dir = wanted::dir(&mut options);
    let track = wanted::track(&mut options);
    let file =
        options.path("file", text!("실습 폴더 대신 이 파일을 채점", "judge this file instead of one in a workspace"));
    let all = options.flag("all", text!("깨진 약속을 모두 자세히", "tell each broken promise in full"));
    options.conflict(file, dir);
    let about = text!(
        "제출물을 채점. 번호가 없으면 아직 통과하지 못한 첫 실습",
        "judges a submission; without a number, that of the first lab not passed yet"
    );
    Experiment::page("check", about, options, move |args| {
        let given = wanted::given_track(args, track)?;
        match args.get(file) {
            Some(file) => one_file(args, args.get(number), &file, given, args.get(all)),
            None => in_workspace(args, args.get(number), args.get(dir).as_deref(), given, args.get(all)),
        }
    })
}

fn one_file(args: &Args, number: Option<String>, file: &Path, track: Option<Track>, all: bool) -> Result<u8> {
    let number = number.ok_or_else(|| {
        Error::usage(text!(
            "--file에는 실습 번호도 주십시오: check N --file FILE",
            "give the number of the lab too: check N --file FILE"
        ))
    })?;
    let by_name = if file.extension().is_some_and(|end| end == "py") { Track::Python } else { Track::Rust };
    let passed = judge(args, &labs::find(&number)?, track.unwrap_or(by_name), file, all)?;
    Ok(u8::from(!passed))
}

fn in_workspace(
    args: &Args,
    number: Option<String>,
    dir: Option<&Path>,
    track: Option<Track>,
    all: bool,
) -> Result<u8> {
    let mut workspace = Workspace::find(dir)?;
    let track = track.unwrap_or(workspace.state.track);
    let Some(lab) = wanted::lab(number.as_deref(), &workspace, track)? else {
        wanted::nothing_left();
        return Ok(0);
    };
    let passed = judge_in(args, &mut workspace, &lab, track, all)?;
    Ok(u8::from(!passed))
}

/// Judges the workspace's submission of a lab, and remembers if it passed.
pub fn judge_in(args: &Args, workspace: &mut Workspace, lab: &Lab, track: Track, all: bool) -> Result<bool> {
    let file: PathBuf = workspace.submission(lab, track);
    let passed = judge(args, lab, track, &file, all)?;
    if passed {
        workspace.state.passed.entry(track).or_default().insert(lab.name.to_owned());
        workspace.save()?;
        let number = lab.number;
        let next = text!(
            "통과했습니다. 모범 답안: solution {number}, 다음 실습: next",
            "passed. The solution: solution {number}; the next lab: next"
        );
        terminal::print(&format!("{next}\n"));
    }
    Ok(passed)
}

/// Judges a file, in Python on each interpreter, and prints what was found.
fn judge(args: &Args, lab: &Lab, track: Track, file: &Path, all: bool) -> Result<bool> {
    assess::exists_in(lab, track)?;
    limits::stop_on_ctrl_c()?;
    let source = copy::read(file)?;
    let assessments = match track {
        Track::Rust => vec![assess::rust(lab, &source, &tools::find()?)?],
        Track::Python => on_each(args, lab, &source)?,
    };
    let canvas = terminal::canvas();
    for assessment in &assessments {
        let (number, title, word) = (lab.number, &lab.manifest.title, track.word());
        let on = assessment.python.as_ref().map_or_else(|| word.to_owned(), ToString::to_string);
        terminal::print(&format!("\n{}\n", wrap("", &format!("{number}. {title} ({on})"), canvas.width)));
        terminal::print(&tell::page(lab, assessment, all, canvas));
        let seconds = assessment.took.as_secs_f64();
        let sum = format!("{} ({seconds:.1} s)", tell::sum(assessment));
        terminal::print(&format!("\n{}", wrap("⇒ ", &sum, canvas.width)));
    }
    Ok(assessments.iter().all(Assessment::passed))
}

fn on_each(args: &Args, lab: &Lab, source: &[u8]) -> Result<Vec<Assessment>> {
    let pythons = args.find_pythons()?;
    if pythons.is_empty() {
        return Err(Error::usage(text!(
            "파이썬이 없어 채점할 수 없습니다. --python PATH로 지정하십시오.",
            "there is no Python to judge it on. Name one with --python PATH."
        )));
    }
    let (fit, old): (Vec<_>, Vec<_>) = pythons.iter().partition(|python| lab.manifest.runs_on(python));
    for old in old {
        let why = lab.manifest.too_old(old);
        if fit.is_empty() {
            return Err(Error::usage(why));
        }
        terminal::complain(&why);
    }
    fit.into_iter().map(|python| assess::python(lab, source, python)).collect()
}
