//! `cargo run -p lab`: this machine, the ledger of claims, and the preparation of a lab.

mod experiments;

use std::process::ExitCode;

use lab::cli::Section;
use lab::text;

use experiments::{claims, machine, prepare};

fn main() -> ExitCode {
    let about = text!(
        "실험 도구: 이 컴퓨터의 정보, 주장 목록, 수업 준비",
        "lab tools: this machine, the ledger of claims, class preparation"
    );
    Section::new("lab", about).with([machine::command(), claims::command(), prepare::command()]).main()
}
