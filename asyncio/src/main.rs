//! `cargo run -p asyncio`: the command line of asyncio.

use std::process::ExitCode;

use asyncio::experiments::{
    article, blocking, cancel, connections, fetch, files, gather, gil, loops, million, runtimes, serve,
};
use asyncio::server_process;
use lab::cli::Section;
use lab::text;

fn main() -> ExitCode {
    Section::new("asyncio", text!("asyncio: 스레드 하나에서 함께 기다리기", "many tasks that wait on a single thread"))
        .with([article::command(), runtimes::command(), million::command()])
        .with([
            blocking::command(),
            files::command(),
            cancel::command(),
            gather::command(),
            gil::command(),
            loops::command(),
        ])
        .with([serve::command(), connections::command(), fetch::command()])
        .with([million::row_command(), server_process::command()])
        .renamed(&[
            ("--turns", "--iterations"),
            ("--times", "--iterations"),
            ("--patience", "--timeout"),
            ("--calls", "--requests"),
            ("--url", "fetch URL…"),
        ])
        .main()
}
