//! `cargo run -p gil-sim`: the command line of GIL.

use std::process::ExitCode;

use lab::cli::{Kind, Section, opt};
use lab::text;

fn main() -> ExitCode {
    let threads = opt("threads", Kind::Count(1, 64), "2", text!("스레드 수", "number of threads"));
    let turns = opt(
        "turns",
        Kind::Count(1, 10_000_000_000),
        "120000000",
        text!("스레드마다 도는 바퀴 수", "turns of the loop a thread"),
    );
    let interval = opt(
        "interval",
        Kind::Seconds(0.000_001, 10.0),
        "0.005",
        text!("전환 간격, sys.setswitchinterval", "switch interval, sys.setswitchinterval"),
    );
    Section::new("gil-sim", text!("GIL: 전역 뮤텍스 하나와 그 규약", "the GIL: one global mutex, and its protocol"))
        .experiment(
            "two",
            text!(
                "CPU 바운드 스레드: 락 없이, 그리고 GIL 아래에서",
                "CPU-bound threads without a lock, and under the GIL"
            ),
            vec![threads, turns, interval],
            |a| gil_sim::two::run(a.size("threads"), a.count("turns"), a.seconds("interval"), a.pythons()),
        )
        .child_on_pipes("peer", vec![opt("delay", Kind::Seconds(0.0, 10.0), "0", text!("", ""))], |a| {
            gil_sim::calibrate::answer(a.seconds("delay"))
        })
        .main()
}
