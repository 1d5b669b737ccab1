//! `cargo run -p tests`: prints the blocks of the book anew.

use std::fs;
use std::process::ExitCode;

use tests::printed;

fn main() -> ExitCode {
    for block in printed::blocks() {
        let path = block.path();
        if let Err(e) = fs::write(&path, block.print()) {
            eprintln!("{}: {e}", path.display());
            return ExitCode::FAILURE;
        }
        println!("{}", block.file);
    }
    ExitCode::SUCCESS
}
