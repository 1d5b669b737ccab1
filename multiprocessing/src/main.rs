//! `cargo run -p multiprocessing`: the command line of 멀티프로세싱.

use std::path::Path;
use std::process::ExitCode;

use lab::cli::{Declared, Kind, Section, opt};
use lab::text;
use multiprocessing::pool;
use multiprocessing::tasks;
use multiprocessing::{children, cpu, faults, five, images, ipc, picture, storm, timeline, translate};

fn main() -> ExitCode {
    pool::init(tasks::TASKS);
    let turns = |default| {
        let about = text!("일 하나가 더하는 횟수", "additions in one unit of work");
        opt("turns", Kind::Count(1, children::MOST_TURNS), default, about)
    };
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
            "the same work in sequence, threads, processes; their costs"
        ),
        vec![workers(), turns("100000000"), rounds()],
        |a| cpu::run(a.size("workers"), a.count("turns"), a.size("rounds"), a.pythons()),
    );
    let section = pool_experiments(section, turns("10000000"));
    let section = section.experiment(
        "images",
        text!(
            "그림 처리: 차례로, 스레드로, 프로세스 풀로",
            "image processing: in sequence, in threads, on a pool of processes"
        ),
        images_options(),
        |a| {
            let (dir, out) = (a.path("dir").unwrap_or(Path::new(picture::FOLDER)), a.path("out"));
            images::run(dir, out, a.size("workers"), a.size("rounds"), a.pythons())
        },
    );
    let section = section.experiment(
        "translate",
        text!("번역 모델의 추론: 차례로, 스레드로, 프로세스로", "a translation model: in sequence, threads, processes"),
        translate_options(),
        |a| {
            let file = a.path("file").unwrap_or(Path::new(translate::sentences::SHIPPED));
            translate::run(file, a.path("out"), a.size("workers"), a.size("rounds"), a.pythons())
        },
    );
    children::join(section).main()
}

/// The pool: at work, under fire, what it costs, and beside CPython's.
fn pool_experiments(section: Section, turns: Declared) -> Section {
    let two = || opt("workers", Kind::Count(1, 64), "2", text!("워커 수", "workers"));
    let storm = || {
        vec![
            two(),
            opt("tasks", Kind::Count(1, 100_000), "2000", text!("일의 수", "tasks")),
            opt("turns", Kind::Count(1, 100_000_000), "200000", text!("일 하나가 더하는 횟수", "additions in a task")),
            opt("kills", Kind::Count(0, 1000), "8", text!("죽이는 횟수", "how many workers are killed")),
        ]
    };
    section
        .experiment(
            "pool",
            text!("같은 일 다섯을 프로세스 풀로", "the same five tasks on a pool of processes"),
            vec![two(), turns],
            |a| five::run(a.size("workers"), a.count("turns"), a.pythons()),
        )
        .experiment(
            "storm",
            text!("일하는 워커를 kill -9로 죽여도 잃지 않는 풀", "workers are killed at work, and nothing is lost"),
            storm(),
            |a| storm::run(a.size("workers"), a.size("tasks"), a.count("turns"), a.size("kills")),
        )
        .experiment(
            "ipc",
            text!(
                "메시지 하나의 값, 그리고 프로세스가 이득이 되는 지점",
                "what a message costs, and from where on processes pay"
            ),
            vec![two(), rounds()],
            |a| ipc::run(a.size("workers"), a.size("rounds"), a.pythons()),
        )
        .experiment(
            "python",
            text!("워커가 죽을 때 CPython의 풀은", "what CPython's pools do when a worker is killed"),
            vec![
                opt(
                    "trials",
                    Kind::Count(1, 50),
                    "6",
                    text!("쉬는 워커를 죽여 보는 횟수", "how often an idle worker is killed"),
                ),
                opt(
                    "limit",
                    Kind::Seconds(0.5, 10.0),
                    "2",
                    text!("대답을 기다리는 시간(초)", "how long an answer is waited for"),
                ),
            ],
            |a| faults::run(a.size("trials"), a.seconds("limit"), a.pythons()),
        )
}

fn workers() -> Declared {
    opt("workers", Kind::Count(1, 64), "4", text!("일을 나눌 수", "how many share the work"))
}

fn rounds() -> Declared {
    opt("rounds", Kind::Count(1, 20), "3", text!("번갈아 반복하는 횟수", "interleaved rounds"))
}

fn images_options() -> Vec<Declared> {
    let dir =
        text!("그림이 든 폴더 (기본: 함께 오는 그림)", "the folder of pictures (default: those that come with it)");
    let out = text!(
        "결과를 쓸 폴더 (기본: 이 프로그램 옆의 images)",
        "the folder to write to (default: images, beside the program)"
    );
    vec![opt("dir", Kind::Path, None, dir).bare(), opt("out", Kind::Path, None, out), workers(), rounds()]
}

fn translate_options() -> Vec<Declared> {
    let file = text!(
        "한 줄에 한 문장인 중국어 텍스트 파일 (기본: 함께 오는 문장)",
        "a text file, a Chinese sentence a line (default: those that come with it)"
    );
    let out = text!("번역을 쓸 파일", "a file to write the translations to");
    vec![opt("file", Kind::Path, None, file).bare(), opt("out", Kind::Path, None, out), workers(), rounds()]
}
