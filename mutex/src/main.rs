//! `cargo run -p mutex`: the command line of 뮤텍스.

use std::process::ExitCode;

use lab::cli::{Kind, Section, opt};
use lab::text;

fn main() -> ExitCode {
    let threads = opt("threads", Kind::Count(2, 64), "4", text!("스레드 수", "how many threads"));
    let turns = opt(
        "turns",
        Kind::Count(1, 10_000_000),
        "600000",
        text!("스레드 하나가 1을 더하는 횟수", "how often each thread adds 1"),
    );
    let rounds = opt(
        "rounds",
        Kind::Count(1, 1_000_000),
        "20000",
        text!("두 스레드가 한 번씩 더하는 시험의 횟수", "how often two threads add 1 each and look"),
    );
    Section::new("mutex", text!("뮤텍스: 잃어버린 갱신과 그것을 막는 락", "the lost update, and locks that prevent it"))
        .experiment(
            "counter",
            text!(
                "모두가 더하는 카운터 하나: 락 없이, 락으로",
                "one counter that all add to: without a lock, with one"
            ),
            vec![threads, turns, rounds],
            |a| mutex::counter::run(a.size("threads"), a.count("turns"), a.count("rounds"), a.pythons()),
        )
        .main()
}
