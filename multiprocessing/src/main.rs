//! `cargo run -p multiprocessing`: the command line of 멀티프로세싱.

use std::process::ExitCode;

use lab::cli::{Kind, Section, opt};
use lab::text;
use multiprocessing::{children, cpu, timeline};

fn main() -> ExitCode {
    let turns = |default| {
        let about = text!("일 하나가 더하는 횟수", "additions in one unit of work");
        opt("turns", Kind::Count(1, children::MOST_TURNS), default, about)
    };
    let workers = opt("workers", Kind::Count(1, 64), "4", text!("일을 나눌 수", "how many share the work"));
    let rounds = opt("rounds", Kind::Count(1, 20), "3", text!("번갈아 반복하는 횟수", "interleaved rounds"));
    let section = Section::new(
        "multiprocessing",
        text!("멀티프로세싱: 진짜 프로세스와 그 비용", "real processes, and what they cost"),
    )
    .experiment(
        "article",
        text!("글의 예시: 계산하는 프로세스 다섯", "the article's listing: five processes that compute"),
        vec![turns("10000000")],
        |a| timeline::run(a.count("turns"), a.pythons()),
    )
    .experiment(
        "cpu",
        text!(
            "같은 계산을 차례로, 스레드로, 프로세스로; 시작과 통신의 비용",
            "the same work in sequence, in threads, in processes; what starting and talking costs"
        ),
        vec![workers, turns("100000000"), rounds],
        |a| cpu::run(a.size("workers"), a.count("turns"), a.size("rounds"), a.pythons()),
    );
    children::join(section).main()
}
