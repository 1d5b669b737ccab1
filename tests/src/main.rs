//! `cargo run -p tests`: prints the blocks of the book anew, all or those whose name holds a word that is given.

use std::fs;
use std::process::ExitCode;

use tests::printed;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |file: &str| words.is_empty() || words.iter().any(|word| file.contains(word.as_str()));
    for block in printed::blocks().into_iter().filter(|block| wanted(&block.file)) {
        let path = block.path();
        if let Err(e) = fs::write(&path, block.print()) {
            eprintln!("{}: {e}", path.display());
            return ExitCode::FAILURE;
        }
        println!("{}", block.file);
    }
    ExitCode::SUCCESS
}
