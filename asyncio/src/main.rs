//! `cargo run -p asyncio`: the command line of asyncio.

mod web_commands;

use std::process::ExitCode;

use asyncio::timeline::{self, Runtime};
use lab::cli::{Kind, Section, opt};
use lab::text;

fn main() -> ExitCode {
    let runtime = opt("runtime", Kind::Choice(Runtime::NAMES), "tokio", text!("예시를 돌릴 런타임", "what it runs on"));
    let pause = |default: &'static str| {
        opt("seconds", Kind::Seconds(0.0, 60.0), default, text!("한 태스크가 기다리는 시간", "how long a task waits"))
    };
    let tasks = opt("tasks", Kind::Count(1, 100_000), "5", text!("태스크 수", "how many tasks"));
    let section =
        Section::new("asyncio", text!("asyncio: 스레드 하나에서 함께 기다리기", "waiting together on a single thread"))
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
                vec![tasks, pause("0.3")],
                |a| asyncio::runtimes::run(a.size("tasks"), a.seconds("seconds"), a.pythons()),
            );
    web_commands::add(section).main()
}
