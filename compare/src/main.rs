//! `cargo run --release -p compare`: the command line of 병렬 처리 기법 비교.

use std::process::ExitCode;

use compare::experiments::io;
use compare::experiments::scaling::{self, series};
use compare::experiments::table::{self, cell};
use compare::experiments::{claims, diff, explain, report};
use lab::cli::Section;
use lab::text;

fn main() -> ExitCode {
    let about =
        text!("병렬 처리 기법 비교: 글의 표를 이 컴퓨터에서 측정", "the article's table, measured on this machine");
    Section::new("compare", about)
        .with([table::command(), io::command(), scaling::command()])
        .with([claims::command(), explain::command(), report::command(), diff::command()])
        .with([cell::cell_command(), cell::unit_command(), series::series_command(), series::unit_command()])
        .renamed(&[("--turns", "--iterations")])
        .main()
}
