//! `cargo run -p tests`: builds the programs, and prints the blocks of the book anew: all, or those whose file's name contains a
//! given word. What the book says of the labs is written anew as well; with the word `labs`, only this, and nothing is built.

use std::env;
use std::fs;
use std::process::{Command, ExitCode};

use tests::labs;
use tests::printed::{self, Block, LANGUAGES};
use tests::workspace::workspace;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    if let Err(e) = labs::write() {
        eprintln!("docs/labs: {e}");
        return ExitCode::FAILURE;
    }
    if words == ["labs"] {
        return ExitCode::SUCCESS;
    }
    let wanted = |file: &str| words.is_empty() || words.iter().any(|word| file.contains(word.as_str()));
    let blocks = printed::blocks();
    let shown = |block: &&Block| LANGUAGES.iter().any(|language| wanted(&block.file(language)));
    let releases = blocks.iter().filter(shown).filter(|block| block.release);
    let mut builds = vec![vec!["build", "--workspace"]];
    builds.extend(releases.map(|block| vec!["build", "--release", "-p", &block.package]));
    for build in builds {
        if !cargo(&build) {
            return ExitCode::FAILURE;
        }
    }
    let files = blocks.iter().flat_map(|block| LANGUAGES.map(|language| (block, language)));
    for (block, language) in files.filter(|(block, language)| wanted(&block.file(language))) {
        let path = block.path(language);
        if let Err(e) = fs::write(&path, block.print(language)) {
            eprintln!("{}: {e}", path.display());
            return ExitCode::FAILURE;
        }
        println!("{}", block.file(language));
    }
    for (picture, language) in
        printed::pictures().iter().flat_map(|picture| LANGUAGES.map(|language| (picture, language)))
    {
        let file = picture.picture_file(language);
        if wanted(&file) {
            picture.draw(language);
            println!("{file}");
        }
    }
    ExitCode::SUCCESS
}

/// Runs cargo in the workspace; its messages go to the terminal.
fn cargo(words: &[&str]) -> bool {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Command::new(cargo).args(words).current_dir(workspace()).status().is_ok_and(|status| status.success())
}
