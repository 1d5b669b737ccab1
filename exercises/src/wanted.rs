//! The options that the student's commands share.

use std::path::PathBuf;

use lab::cli::{Args, Choice, Opt, Options};
use lab::{Error, Result, terminal, text};

use crate::labs::{self, Lab};
use crate::track::Track;
use crate::workspace::Workspace;

/// `--dir DIR`.
pub fn dir(options: &mut Options) -> Opt<Option<PathBuf>> {
    options.path(
        "dir",
        text!(
            "실습 폴더 (기본: 지금 폴더, 또는 마지막으로 만든 것)",
            "the workspace (default: around the current folder, else the one started last)"
        ),
    )
}

/// `--track rust|python`.
pub fn track(options: &mut Options) -> Opt<Option<String>> {
    options.word(
        "track",
        text!(
            "언어: rust, python (기본: 실습 폴더를 만들 때 고른 것)",
            "the language: rust, python (default: the one chosen with 'start')"
        ),
    )
}

/// The number of a lab.
pub fn number(options: &mut Options) -> Opt<Option<String>> {
    options.positional_word("n", text!("실습 번호 또는 이름", "number or name of a lab"))
}

/// The track that was given.
pub fn given_track(args: &Args, track: Opt<Option<String>>) -> Result<Option<Track>> {
    let Some(word) = args.get(track) else { return Ok(None) };
    let found = Track::WORDS.iter().find(|(known, _)| *known == word).map(|(_, track)| *track);
    found.map(Some).ok_or_else(|| {
        Error::usage(text!(
            "--track {word}: rust와 python 가운데 하나를 주십시오.",
            "--track {word}: give rust or python."
        ))
    })
}

/// There is no next lab.
pub fn nothing_left() {
    terminal::print(&format!("{}\n", text!("모든 실습을 통과했습니다.", "all labs are passed.")));
}

/// The lab that is named, else the first that has not been passed.
pub fn lab(number: Option<&str>, workspace: &Workspace, track: Track) -> Result<Option<Lab>> {
    match number {
        Some(number) => labs::find(number).map(Some),
        None => Ok(workspace.next(&labs::all()?, track)),
    }
}
