//! An environment with a library that the article names: NumPy, PyTorch, TensorFlow.
//!
//! Article: 요약, "C 확장 라이브러리". Run: `cargo run -p native -- setup numpy`.

use lab::cli::{Args, Experiment, Opt, Options};
use lab::lang::Text;
use lab::{Error, Result, terminal, text};

use crate::environment::{self, Library};

/// `native setup`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("numpy, torch, tensorflow 가운데 하나", "numpy, torch or tensorflow");
    let library = options.positional_word("library", about);
    let about =
        text!("NumPy, PyTorch, TensorFlow를 target 아래에 설치", "installs NumPy, PyTorch or TensorFlow below target");
    Experiment::page("setup", about, options, move |args| run(args, library))
}

fn run(args: &Args, library: Opt<Option<String>>) -> Result<u8> {
    let word = args.get(library);
    let Some(library) = Library::ALL.into_iter().find(|library| Some(library.word()) == word.as_deref()) else {
        return Err(unknown(word.as_deref()));
    };
    let python = environment::set_up(library, &args.find_pythons()?, &tell)?;
    let python = python.display();
    tell(&text!(
        "준비되었습니다: {python}. 실행: cargo run -p native -- libraries",
        "it is ready: {python}. Now run: cargo run -p native -- libraries"
    ));
    Ok(0)
}

fn tell(line: &Text) {
    terminal::print(&format!("{line}\n"));
}

fn unknown(word: Option<&str>) -> Error {
    let known = Library::ALL.map(Library::word).join(", ");
    Error::usage(match word {
        Some(word) => text!(
            "'{word}'은 설치할 수 없습니다. 다음 가운데 하나를 주십시오: {known}",
            "'{word}' cannot be set up. Give one of: {known}"
        ),
        None => text!("무엇을 설치할지 주십시오: {known}", "say what to set up: {known}"),
    })
}
