//! `cargo run -p kitchen`: the command line of 병렬성과 동시성의 차이, 비유.

use std::process::ExitCode;

use kitchen::experiments::{cooks, table};
use lab::cli::Section;
use lab::text;

fn main() -> ExitCode {
    let about = text!(
        "병렬성과 동시성의 차이, 비유: 요리사와 칼",
        "parallelism and concurrency, an analogy: cooks and a knife"
    );
    Section::new("kitchen", about).with([cooks::command(), table::command()]).main()
}
