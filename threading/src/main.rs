//! `cargo run -p threading`: the command line of 멀티스레딩.

use std::path::Path;
use std::process::ExitCode;

use lab::cli::{Args, Declared, Kind, Section, opt};
use lab::report::Report;
use lab::{Error, Result, text};
use threading::experiments::cpu::Job;
use threading::experiments::files::{Order, tree};
use threading::experiments::pools::{self, WORKS};
use threading::experiments::{article, cpu, fetch, files, stack};

/// What to do with links.
const LINKS: [&str; 2] = ["skip", "follow"];

fn main() -> ExitCode {
    let section = Section::new(
        "threading",
        text!("멀티스레딩: 기다리는 스레드와 계산하는 스레드", "threads that wait, and threads that compute"),
    )
    .experiment(
        "article",
        text!("글의 예시: 기다리는 스레드 다섯", "the article's listing: five threads that wait"),
        article_options(),
        |a| article::run(a.seconds("seconds"), a.pythons()),
    )
    .experiment(
        "cpu",
        text!("세는 루프: 차례로, 스레드로, GIL 아래에서", "the counting loop: in sequence, in threads, under the GIL"),
        cpu_options(),
        |a| {
            let job = Job { jobs: a.size("jobs"), turns: a.count("turns") };
            cpu::run(job, a.size("rounds"), a.path("machine"), a.pythons())
        },
    )
    .experiment(
        "fetch",
        text!("웹 요청: 차례로, 요청마다 스레드, 풀", "web requests: in sequence, a thread each, a pool"),
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
        files,
    );
    stack::join(what_threads_cost(section)).main()
}

/// Threads as a means: how work is shared out among them, and what one takes.
fn what_threads_cost(section: Section) -> Section {
    section
        .experiment(
            "pools",
            text!("고르지 않은 일을 나누는 네 가지 방식", "uneven jobs, shared out in four ways"),
            pools_options(),
            |a| {
                let order = pools::Order {
                    jobs: a.size("jobs"),
                    workers: a.size("workers"),
                    turns: a.count("turns"),
                    waits: a.word("work") == Some(WORKS[1]),
                };
                pools::run(&order, a.size("rounds"), a.pythons())
            },
        )
        .experiment(
            "stack",
            text!("스레드 하나의 값: 가상 메모리와 실제 메모리", "what a thread costs: virtual and resident memory"),
            vec![opt("threads", Kind::Count(1, 100_000), "1000", text!("함께 살 스레드 수", "threads alive together"))],
            |a| stack::run(a.size("threads"), a.pythons()),
        )
}

fn fetch(a: &Args) -> Result<Report> {
    let order = fetch::Order {
        requests: a.size("requests"),
        threads: a.size("threads"),
        delay: a.seconds("delay"),
        patience: a.count("patience"),
        url: a.word("url").map(str::to_owned),
        list: a.path("list").map(Path::to_owned),
    };
    fetch::run(&order, a.pythons())
}

fn files(a: &Args) -> Result<Report> {
    let (dir, make) = (a.path("dir"), a.size("make"));
    if make > 0 {
        let new = dir.ok_or_else(|| {
            Error::usage(text!("--make: 만들 폴더를 --dir로 주십시오.", "--make: give the directory to make as --dir."))
        })?;
        tree::make(new, make)?;
    }
    // The workspace, unless the reader names a directory.
    let root = dir.unwrap_or(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")));
    let follow = a.word("links") == Some(LINKS[1]);
    files::run(&Order { root, threads: a.size("threads"), rounds: a.size("rounds"), follow }, a.pythons())
}

fn article_options() -> Vec<Declared> {
    vec![opt(
        "seconds",
        Kind::Seconds(0.0, 60.0),
        "2",
        text!("한 스레드가 기다리는 시간(초)", "how long a thread waits, in seconds"),
    )]
}

fn cpu_options() -> Vec<Declared> {
    vec![
        opt("jobs", Kind::Count(1, 64), "4", text!("일의 수", "number of jobs")),
        opt(
            "turns",
            Kind::Count(1, 1_000_000_000),
            "60000000",
            text!("일 하나가 도는 바퀴 수", "turns of the loop in a job"),
        ),
        rounds(),
        opt(
            "machine",
            Kind::Path,
            None,
            text!("시뮬레이터의 컴퓨터 (gil-sim calibrate --out)", "the simulator's machine (gil-sim calibrate --out)"),
        ),
    ]
}

fn pools_options() -> Vec<Declared> {
    vec![
        opt(
            "jobs",
            Kind::Count(1, 10_000),
            "16",
            text!("일의 수, 앞의 4분의 1이 깁니다", "jobs; the first quarter is long"),
        ),
        opt("workers", Kind::Count(1, 64), "2", text!("일꾼 수", "workers")),
        opt("work", Kind::Choice(&WORKS), "cpu", text!("계산하는 일, 기다리는 일", "jobs compute, or wait")),
        opt(
            "turns",
            Kind::Count(1, 1_000_000_000),
            "10000000",
            text!("짧은 일 하나가 도는 바퀴 수", "turns of the loop in a short job"),
        ),
        rounds(),
    ]
}

fn fetch_options() -> Vec<Declared> {
    vec![
        opt("requests", Kind::Count(1, 100_000), "12", text!("GET의 수", "number of GETs")),
        opt("threads", Kind::Count(1, 1000), "4", text!("풀의 스레드 수", "threads of the pool")),
        opt(
            "delay",
            Kind::Seconds(0.0, 10.0),
            "0.05",
            text!("루프백 서버가 답하기까지의 시간(초)", "seconds until the loopback server answers"),
        ),
        opt(
            "url",
            Kind::Word,
            None,
            text!("루프백 서버 대신 가져올 주소", "an address to fetch instead of the loopback server's"),
        ),
        opt(
            "list",
            Kind::Path,
            None,
            text!("가져올 주소의 목록, 줄마다 하나", "a file of addresses to fetch, one a line"),
        ),
        opt(
            "patience",
            Kind::Count(1, 600),
            "30",
            text!("응답을 기다리는 최대 시간(초)", "seconds after which there is no answer"),
        ),
    ]
}

fn files_options() -> Vec<Declared> {
    vec![
        opt(
            "dir",
            Kind::Path,
            None,
            text!("읽을 폴더 (기본: 이 워크스페이스)", "the directory to read (default: this workspace)"),
        ),
        opt("threads", Kind::Count(1, 256), "4", text!("스레드 수", "number of threads")),
        opt("links", Kind::Choice(&LINKS), "skip", text!("심볼릭 링크", "symbolic links")),
        opt(
            "make",
            Kind::Count(0, 1_000_000),
            "0",
            text!("먼저 --dir에 만들 작은 파일의 수", "small files to make in --dir first"),
        ),
        rounds(),
    ]
}

fn rounds() -> Declared {
    opt("rounds", Kind::Count(1, 100), "3", text!("번갈아 되풀이하는 횟수", "how many times each is repeated, in turn"))
}
