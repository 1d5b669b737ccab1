//! `cargo run -p multiprocessing`: the command line of 멀티프로세싱.

use std::process::ExitCode;

use lab::cli::Section;
use lab::text;
use multiprocessing::child_commands;
use multiprocessing::experiments::{
    article, cpu, images, ipc, kill_storm, memory, pool, pool_failures, start_methods, translate,
};

fn main() -> ExitCode {
    process_pool::init();
    Section::new(
        "multiprocessing",
        text!("멀티프로세싱: 실제 프로세스와 그 비용", "real processes, and what they cost"),
    )
    .with([article::command(), cpu::command(), memory::command(), pool::command(), kill_storm::command()])
    .with([start_methods::command(), ipc::command(), pool_failures::command(), images::command(), translate::command()])
    .with(child_commands::all())
    .renamed(&[
        ("storm", "kill-storm"),
        ("python", "pool-failures"),
        ("--turns", "--iterations"),
        ("--limit", "--timeout"),
    ])
    .main()
}
