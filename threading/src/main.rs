//! `cargo run -p threading`: the command line of 멀티스레딩.

use std::process::ExitCode;

use lab::cli::{Kind, Section, opt};
use lab::text;

fn main() -> ExitCode {
    let seconds =
        opt("seconds", Kind::Seconds(0.0, 60.0), "2", text!("한 스레드가 기다리는 시간", "how long a thread waits"));
    Section::new(
        "threading",
        text!("멀티스레딩: 기다리는 스레드와 계산하는 스레드", "threads that wait, and threads that compute"),
    )
    .experiment(
        "article",
        text!("글의 예시: 기다리는 스레드 다섯", "the article's listing: five threads that wait"),
        vec![seconds],
        |a| threading::timeline::run(a.seconds("seconds"), a.pythons()),
    )
    .main()
}
