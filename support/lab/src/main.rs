//! `cargo run -p lab`: the command line of the bench.

mod experiments;

use std::process::ExitCode;

use lab::cli::Section;
use lab::text;

use experiments::{claims, machine, prepare};

fn main() -> ExitCode {
    let about =
        text!("실험대: 이 컴퓨터, 주장 목록, 수업 준비", "the bench: this machine, the ledger of claims, before class");
    Section::new("lab", about).with([machine::command(), claims::command(), prepare::command()]).main()
}
