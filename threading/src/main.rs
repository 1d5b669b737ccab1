//! `cargo run -p threading`: the command line of 멀티스레딩.

use std::process::ExitCode;

use lab::cli::Section;
use lab::text;
use threading::experiments::{article, cpu, fetch, files, one_core, pools, stack};

fn main() -> ExitCode {
    let about = text!("멀티스레딩: 기다리는 스레드와 계산하는 스레드", "threads that wait, and threads that compute");
    Section::new("threading", about)
        .with([
            article::command(),
            cpu::command(),
            fetch::command(),
            files::command(),
            one_core::command(),
            pools::command(),
            stack::command(),
        ])
        .with([stack::row::command()])
        .renamed(&[
            ("--turns", "--iterations"),
            ("--patience", "--timeout"),
            ("--list", "--urls"),
            ("--url", "fetch URL…"),
            ("--dir", "files DIR"),
        ])
        .main()
}
