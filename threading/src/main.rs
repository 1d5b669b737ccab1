//! `cargo run -p threading`: the command line of 멀티스레딩.

use std::path::Path;
use std::process::ExitCode;

use lab::cli::{Args, Kind, Opt, Section, opt};
use lab::report::Report;
use lab::{Result, text};
use threading::cpu::Job;
use threading::fetch::Order;
use threading::{cpu, fetch, files, timeline};

fn main() -> ExitCode {
    Section::new(
        "threading",
        text!("멀티스레딩: 기다리는 스레드와 계산하는 스레드", "threads that wait, and threads that compute"),
    )
    .experiment(
        "article",
        text!("글의 예시: 기다리는 스레드 다섯", "the article's listing: five threads that wait"),
        article_options(),
        |a| timeline::run(a.seconds("seconds"), a.pythons()),
    )
    .experiment(
        "cpu",
        text!("세는 루프: 차례로, 스레드로, GIL 아래에서", "the counting loop: in sequence, in threads, under the GIL"),
        cpu_options(),
        |a| cpu::run(Job { jobs: a.size("jobs"), turns: a.count("turns") }, a.size("rounds"), a.pythons()),
    )
    .experiment(
        "fetch",
        text!("웹 요청: 차례로, 스레드로", "web requests: in sequence, with threads"),
        fetch_options(),
        fetch,
    )
    .experiment(
        "files",
        text!(
            "파일 읽기와 체크섬: 차례로, 스레드, rayon",
            "reading and checksumming files: in sequence, threads, rayon"
        ),
        files_options(),
        |a| {
            // The workspace, unless the reader names a directory.
            let root = a.path("dir").unwrap_or(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")));
            files::run(root, a.size("threads"), a.size("rounds"), a.pythons())
        },
    )
    .main()
}

fn fetch(a: &Args) -> Result<Report> {
    let order = Order {
        requests: a.size("requests"),
        threads: a.size("threads"),
        delay: a.seconds("delay"),
        url: a.word("url").map(str::to_owned),
    };
    fetch::run(&order, a.pythons())
}

fn article_options() -> Vec<Opt> {
    vec![opt(
        "seconds",
        Kind::Seconds(0.0, 60.0),
        "2",
        text!("한 스레드가 기다리는 시간(초)", "how long a thread waits, in seconds"),
    )]
}

fn cpu_options() -> Vec<Opt> {
    vec![
        opt("jobs", Kind::Count(1, 64), "4", text!("일의 수", "number of jobs")),
        opt(
            "turns",
            Kind::Count(1, 1_000_000_000),
            "60000000",
            text!("일 하나가 도는 바퀴 수", "turns of the loop in a job"),
        ),
        rounds(),
    ]
}

fn fetch_options() -> Vec<Opt> {
    vec![
        opt("requests", Kind::Count(1, 100_000), "10", text!("GET의 수", "number of GETs")),
        opt("threads", Kind::Count(1, 1000), "10", text!("스레드 수", "number of threads")),
        opt(
            "delay",
            Kind::Seconds(0.0, 10.0),
            "0.1",
            text!("루프백 서버가 답하기까지의 시간(초)", "seconds until the loopback server answers"),
        ),
        opt(
            "url",
            Kind::Word,
            None,
            text!("루프백 서버 대신 가져올 주소", "an address to fetch instead of the loopback server's"),
        ),
    ]
}

fn files_options() -> Vec<Opt> {
    vec![
        opt(
            "dir",
            Kind::Path,
            None,
            text!("읽을 폴더 (기본: 이 워크스페이스)", "the directory to read (default: this workspace)"),
        ),
        opt("threads", Kind::Count(1, 256), "4", text!("스레드 수", "number of threads")),
        rounds(),
    ]
}

fn rounds() -> Opt {
    opt("rounds", Kind::Count(1, 100), "3", text!("번갈아 되풀이하는 횟수", "how many times each is repeated, in turn"))
}
