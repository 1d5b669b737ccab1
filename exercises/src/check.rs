//! The command `check`: one submission of one lab.

use std::path::PathBuf;

use lab::cli::{Args, Experiment, Options};
use lab::{Error, Result, terminal, text};

use crate::assess::{self, Kept};
use crate::{labs, tools};

/// `cargo run -p exercises -- check [N]`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let number = options.positional_word("lab", text!("실습 번호", "number of the lab"));
    let file = options.path("file", text!("제출 파일", "the submission"));
    let about = text!("제출물 하나를 채점", "judges a submission");
    Experiment::page("check", about, options, move |args| check(args, args.get(number), args.get(file)))
}

fn check(args: &Args, number: Option<String>, file: Option<PathBuf>) -> Result<u8> {
    let (Some(number), Some(file)) = (number, file) else {
        return Err(Error::usage(text!("번호와 --file을 주십시오.", "give a number and --file.")));
    };
    let lab = labs::find(&number)?;
    let assessment = if file.extension().is_some_and(|extension| extension == "py") {
        let pythons = args.find_pythons()?;
        assess::python(&lab, &file, &pythons[0])?
    } else {
        assess::rust(&lab, &file, &tools::find()?)?
    };
    for (promise, kept) in &assessment.promises {
        terminal::print(&format!(
            "{}: {}\n",
            promise.id,
            match kept {
                Kept::Yes => "✓".to_owned(),
                Kept::No(broken) => format!("✗ {}", broken.seen),
                Kept::NotAsked(why) => format!("- {why}"),
            }
        ));
    }
    if let Some(why) = &assessment.not_compiled {
        terminal::print(&why.said);
    }
    terminal::print(&format!("{:.1?}\n", assessment.took));
    Ok(u8::from(!assessment.passed()))
}
