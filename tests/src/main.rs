//! `cargo run -p tests`: prints the blocks of the book anew: all, or those whose file's name contains a given word.

use std::fs;
use std::process::ExitCode;

use tests::printed::{self, LANGUAGES};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |file: &str| words.is_empty() || words.iter().any(|word| file.contains(word.as_str()));
    let blocks = printed::blocks();
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
