//! `cargo run -p mutex`: the command line of 뮤텍스.

use std::process::ExitCode;

use lab::cli::Section;
use lab::text;
use mutex::experiments::{
    across_await, bounded_buffer, check_then_act, contention, counter, deadlock, fairness, philosophers, poison,
    rwlock, versions,
};

fn main() -> ExitCode {
    let about = text!("뮤텍스: 갱신 유실과 이를 막는 락", "the lost update, and locks that prevent it");
    Section::new("mutex", about)
        .with([counter::command(), versions::command(), check_then_act::command(), poison::command()])
        .with([bounded_buffer::command(), deadlock::command(), philosophers::command(), across_await::command()])
        .with([rwlock::command(), fairness::command(), contention::command()])
        .with([deadlock::detector::command(), philosophers::child_command()])
        .renamed(&[
            ("gil-is-not-your-lock", "check-then-act"),
            ("--turns", "--iterations"),
            ("--patience", "--timeout"),
        ])
        .main()
}
