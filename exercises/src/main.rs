//! `cargo run -p exercises`: the labs of the course and their grader.

use std::process::ExitCode;

use exercises::{break_it, check, grade, hint, limits, list, next, predict, solution, start, verify};
use lab::cli::Section;
use lab::text;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    if let Some(code) = limits::hidden(&args) {
        return code;
    }
    let about = text!(
        "실습: 결과가 아니라 동시성을 채점합니다",
        "the labs of the course, and a grader that grades concurrency"
    );
    Section::new("exercises", about)
        .with([
            list::command(),
            start::command(),
            next::command(),
            check::command(),
            hint::command(),
            solution::command(),
            grade::command(),
            verify::command(),
            predict::command(),
            break_it::command(),
        ])
        .main()
}
