//! The command `hint`: three steps to a solution, one at a time.

use lab::cli::{Experiment, Options};
use lab::render::wrap;
use lab::{Result, lang, terminal, text};

use crate::manifest::HINTS;
use crate::workspace::Workspace;
use crate::{labs, wanted};

/// `cargo run -p exercises -- hint N`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let number = wanted::number(&mut options);
    let dir = wanted::dir(&mut options);
    let about = text!(
        "몇 번째 힌트 (기본: 아직 보지 않은 다음 것)",
        "which hint (default: the next one that you have not seen)"
    );
    let step = options.count_if_given("step", 1..=HINTS as u64, about);
    let about = text!("힌트, 한 번에 하나씩", "a hint, one at a time");
    Experiment::page("hint", about, options, move |args| {
        hint(args.get(number), args.get(dir).as_deref(), args.get(step))
    })
}

fn hint(number: Option<String>, dir: Option<&std::path::Path>, step: Option<u64>) -> Result<u8> {
    // A hint needs no workspace if the lab is named.
    let workspace = match (Workspace::find(dir), &number) {
        (Ok(workspace), _) => Some(workspace),
        (Err(_), Some(_)) if dir.is_none() => None,
        (Err(e), _) => return Err(e),
    };
    let lab = match (&number, &workspace) {
        (Some(number), _) => Some(labs::find(number)?),
        (None, Some(workspace)) => wanted::lab(None, workspace, workspace.state.track)?,
        (None, None) => None,
    };
    let Some(lab) = lab else {
        wanted::nothing_left();
        return Ok(0);
    };
    let shown = workspace.as_ref().and_then(|workspace| workspace.state.hints.get(lab.name).copied()).unwrap_or(0);
    let step = step.map_or((shown + 1).min(HINTS), |step| step as usize);
    let hint = lab.manifest.hints[step - 1].get(lang::current());
    terminal::print(&wrap(&format!("{}-{step}. ", lab.number), hint, terminal::width()));
    if let Some(mut workspace) = workspace {
        workspace.state.hints.insert(lab.name.to_owned(), shown.max(step));
        workspace.save()?;
    }
    Ok(0)
}
