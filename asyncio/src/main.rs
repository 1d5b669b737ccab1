//! `cargo run -p asyncio`: the command line of asyncio.

mod web_commands;

use std::process::ExitCode;

use asyncio::asleep::{self, Sleeper};
use asyncio::million::{self, Most};
use asyncio::timeline::{self, Runtime};
use lab::cli::{Declared, Kind, Section, opt};
use lab::lang::Text;
use lab::{terminal, text};

fn main() -> ExitCode {
    let section =
        Section::new("asyncio", text!("asyncio: 스레드 하나에서 함께 기다리기", "waiting together on a single thread"));
    web_commands::add(what_else_may_happen(many_that_wait(section))).main()
}

/// An option in seconds.
fn seconds(name: &'static str, default: &'static str, about: Text) -> Declared {
    opt(name, Kind::Seconds(0.0, 60.0), default, about)
}

fn pause(default: &'static str) -> Declared {
    seconds("seconds", default, text!("한 태스크가 기다리는 시간", "how long a task waits"))
}

fn turns() -> Declared {
    let about = text!("계산하는 루프의 바퀴 수", "turns of the computing loop");
    opt("turns", Kind::Count(1, 10_000_000_000), "1000000000", about)
}

/// The listing, and more and more of it.
fn many_that_wait(section: Section) -> Section {
    let runtime = opt("runtime", Kind::Choice(Runtime::NAMES), "tokio", text!("예시를 돌릴 런타임", "what it runs on"));
    let tasks = opt("tasks", Kind::Count(1, 100_000), "5", text!("태스크 수", "how many tasks"));
    let times =
        opt("times", Kind::Count(1, 1_000_000), "2000", text!("양보, 채널, 에코 횟수", "yields, messages and echoes"));
    let most = |name, limit, default: &'static str, about| opt(name, Kind::Count(10, limit), default, about);
    let row = vec![
        opt("kind", Kind::Choice(Sleeper::IDS), Sleeper::IDS[0], Text::default()),
        opt("tasks", Kind::Count(1, 1_000_000), "1", Text::default()),
        opt("seconds", Kind::Seconds(0.0, 3600.0), "1", Text::default()),
    ];
    section
        .experiment(
            "article",
            text!("글의 예시: 기다리는 태스크 다섯", "the article's listing: five tasks that wait"),
            vec![pause("2"), runtime],
            |a| {
                let runtime = a.word("runtime").and_then(Runtime::from_name).expect("checked, or the default");
                timeline::run(runtime, a.seconds("seconds"), a.pythons())
            },
        )
        .experiment(
            "runtimes",
            text!("같은 태스크를 tokio, async-std, smol에서 나란히", "the same tasks on tokio, async-std and smol"),
            vec![tasks, pause("0.3"), times],
            |a| asyncio::runtimes::run(a.size("tasks"), a.seconds("seconds"), a.size("times"), a.pythons()),
        )
        .experiment(
            "million",
            text!(
                "천에서 백만까지: 자는 태스크와 스레드의 메모리",
                "a thousand to a million: memory of sleeping tasks, threads"
            ),
            vec![
                most("most", 1_000_000, "100000", text!("Rust 태스크는 많아야 이만큼", "the most tasks in Rust")),
                most("threads", 100_000, "10000", text!("Rust 스레드는 많아야 이만큼", "the most threads in Rust")),
                most("twin", 1_000_000, "3000", text!("파이썬에서는 많아야 이만큼", "the most of each in Python")),
            ],
            |a| {
                let most = Most { tasks: a.size("most"), threads: a.size("threads"), twin: a.size("twin") };
                million::run(most, a.pythons())
            },
        )
        .child(million::ROW, row, |a| {
            let sleeper = a.word("kind").and_then(Sleeper::from_id).expect("checked, or the default");
            terminal::print(&asleep::row(sleeper, a.size("tasks"), a.seconds("seconds"))?.to_json());
            Ok(())
        })
}

/// A task that computes, is cancelled, fails, or has to share a GIL.
fn what_else_may_happen(section: Section) -> Section {
    let messages =
        opt("messages", Kind::Count(1, 1_000_000), "12", text!("보낼 메시지 수", "how many messages are sent"));
    section
        .experiment(
            "blocking",
            text!(
                "계산하는 태스크 하나가 루프를 세움, 그리고 벗어나는 길",
                "a task that computes stalls the loop; ways out"
            ),
            vec![turns()],
            |a| asyncio::blocking::run(a.count("turns"), a.pythons()),
        )
        .experiment(
            "cancel",
            text!("await 사이에서 취소된 것이 남기는 것", "what is left when a task is cancelled at an await"),
            vec![seconds("patience", "0.1", text!("기다려 주는 시간", "how long the caller waits")), messages],
            |a| asyncio::cancel::run(a.seconds("patience"), a.size("messages"), a.pythons()),
        )
        .experiment(
            "gather",
            text!("다섯 가운데 하나가 실패할 때", "one of five fails"),
            vec![pause("0.5")],
            |a| asyncio::gather::run(a.seconds("seconds"), a.pythons()),
        )
        .experiment(
            "gil",
            text!(
                "GIL 아래의 이벤트 루프: 혼자, 그리고 CPU 스레드 곁에서",
                "a loop under the GIL: alone, beside a CPU thread"
            ),
            vec![turns(), seconds("seconds", "0.4", text!("루프 혼자 도는 시간", "how long the loop runs alone"))],
            |a| asyncio::gil::run(a.count("turns"), a.seconds("seconds"), a.pythons()),
        )
}
