//! `cargo run -p choose`: the command line of 언제, 무엇을 써야 할까?

use std::process::ExitCode;

use choose::experiments::{again, run};
#[cfg(target_os = "linux")]
use choose::experiments::{overhead, verify};
use lab::cli::Section;
use lab::text;

fn main() -> ExitCode {
    let about = text!(
        "언제, 무엇을 써야 할까?: 프로그램을 한 번 실행해 보고 답합니다",
        "when to use what? Runs your program once and answers"
    );
    let section = Section::new("choose", about).with([run::command(), again::command()]);
    #[cfg(target_os = "linux")]
    let section = section.with([verify::command(), overhead::command()]);
    section.main()
}
