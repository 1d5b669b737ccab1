//! `cargo run -p mutex`: the command line of 뮤텍스.

use std::process::ExitCode;

use lab::cli::{Declared, Kind, Section, opt};
use lab::text;
use mutex::experiments::bounded_buffer::channels::Size;
use mutex::experiments::deadlock::detector;
use mutex::experiments::{
    across_await, bounded_buffer, check_then_act, contention, counter, deadlock, fairness, philosophers, poison,
    rwlock, versions,
};

fn main() -> ExitCode {
    let section = Section::new(
        "mutex",
        text!("뮤텍스: 잃어버린 갱신과 그것을 막는 락", "the lost update, and locks that prevent it"),
    );
    let section = updates(section);
    let section = waiting(section);
    prices(section)
        .child(detector::CHILD, vec![], |_| detector::child())
        .child(
            philosophers::CHILD,
            vec![
                opt("rule", Kind::Choice(philosophers::RULES), "left-first", text!("규칙", "the rule")),
                seats(),
                meals(),
            ],
            |a| philosophers::child(a.word("rule").expect("it has a default"), a.size("seats"), a.count("meals")),
        )
        .main()
}

/// Updates that get lost, and what a lock says after a panic.
fn updates(section: Section) -> Section {
    section
        .experiment(
            "counter",
            text!(
                "모두가 더하는 카운터 하나: 락 없이, 락으로",
                "one counter that all add to: without a lock, with one"
            ),
            vec![threads(2, "4"), turns("600000"), rounds("20000")],
            |a| counter::run(a.size("threads"), a.count("turns"), a.count("rounds"), a.pythons()),
        )
        .experiment(
            "versions",
            text!("counter += 1을 찾은 모든 CPython에서", "counter += 1 on every CPython that is found"),
            vec![threads(2, "4"), turns("200000")],
            |a| versions::run(a.size("threads"), a.count("turns"), &versions::all(a.pythons())),
        )
        .experiment(
            "gil-is-not-your-lock",
            text!("GIL 아래의 확인하고 행동하기", "check-then-act under the GIL"),
            vec![
                threads(2, "4"),
                opt("trades", Kind::Count(1, 1_000_000), "200", text!("스레드마다 거래 횟수", "trades of each thread")),
            ],
            |a| check_then_act::run(a.size("threads"), a.count("trades"), a.pythons()),
        )
        .experiment(
            "poison",
            text!("임계 구역에서의 패닉: 다음 스레드가 보는 것", "a panic inside: what the next one sees"),
            vec![],
            |a| poison::run(a.pythons()),
        )
}

/// Threads and tasks that wait for each other.
fn waiting(section: Section) -> Section {
    section
        .experiment(
            "bounded-buffer",
            text!(
                "유한 버퍼: 뮤텍스와 조건 변수, 그 곁의 채널",
                "a bounded buffer: condition variables, and a channel"
            ),
            vec![
                opt("producers", Kind::Count(1, 32), "2", text!("넣는 스레드", "threads that put")),
                opt("consumers", Kind::Count(1, 32), "3", text!("꺼내는 스레드", "threads that take")),
                opt(
                    "items",
                    Kind::Count(1, 1_000_000),
                    "10000",
                    text!("생산자마다 넣는 수", "items that each producer puts"),
                ),
                opt("capacity", Kind::Count(1, 1024), "2", text!("버퍼의 칸", "room in the buffer")),
            ],
            |a| {
                let (producers, consumers) = (a.size("producers"), a.size("consumers"));
                let size = Size { producers, consumers, items: a.count("items"), capacity: a.size("capacity") };
                bounded_buffer::run(size, a.pythons())
            },
        )
        .experiment(
            "deadlock",
            text!("락 둘, 순서 둘: 교착과 탐지기", "two locks, two orders: deadlock, and a detector"),
            vec![few_rounds(), patience()],
            |a| deadlock::run(a.count("rounds"), a.seconds("patience"), a.pythons()),
        )
        .experiment(
            "philosophers",
            text!("식사하는 철학자들: 규칙 넷", "the dining philosophers under four rules"),
            vec![seats(), meals()],
            |a| philosophers::run(a.size("seats"), a.count("meals")),
        )
        .experiment(
            "across-await",
            text!("락을 쥔 채 await", "a lock that is held over an await"),
            vec![patience()],
            |a| across_await::run(a.seconds("patience"), a.pythons()),
        )
}

/// Who gets in, and what it costs.
fn prices(section: Section) -> Section {
    section
        .experiment(
            "rwlock",
            text!("여러 독자 또는 저자 하나", "many readers or one writer"),
            vec![
                opt(
                    "rounds",
                    Kind::Count(1, 100_000),
                    "2000",
                    text!("두 스레드가 묻는 횟수", "how often two threads ask"),
                ),
                threads(2, "4"),
            ],
            |a| rwlock::run(a.count("rounds"), a.size("threads")),
        )
        .experiment(
            "fairness",
            text!(
                "긴 임계 구역과 곧바로 다시 잠그기: 누가 굶는가",
                "long sections, asked for again at once: who starves"
            ),
            vec![
                threads(2, "3"),
                lasting("0.25", text!("락마다 지켜보는 초", "seconds of looking at each lock")),
                opt(
                    "section",
                    Kind::Seconds(0.0001, 0.1),
                    "0.002",
                    text!("임계 구역에 머무는 초", "seconds spent inside"),
                ),
            ],
            |a| fairness::run(a.size("threads"), a.seconds("seconds"), a.seconds("section"), a.pythons()),
        )
        .experiment(
            "contention",
            text!("스레드 수에 따른 처리량과 몫", "throughput and shares, by the number of threads"),
            vec![threads(1, "8"), lasting("0.02", text!("한 번에 재는 초", "seconds of each measurement"))],
            |a| contention::run(a.size("threads"), a.seconds("seconds"), a.pythons()),
        )
}

fn threads(least: u64, default: &'static str) -> Declared {
    opt("threads", Kind::Count(least, 64), default, text!("스레드 수", "how many threads"))
}

fn turns(default: &'static str) -> Declared {
    let about = text!("스레드 하나가 1을 더하는 횟수", "how often each thread adds 1");
    opt("turns", Kind::Count(1, 10_000_000), default, about)
}

fn rounds(default: &'static str) -> Declared {
    let about = text!("두 스레드가 한 번씩 더하는 시험의 횟수", "how often two threads add 1 each and look");
    opt("rounds", Kind::Count(1, 1_000_000), default, about)
}

fn few_rounds() -> Declared {
    opt("rounds", Kind::Count(1, 1000), "3", text!("되풀이 횟수", "how often it is repeated"))
}

fn patience() -> Declared {
    let about = text!("물러나기까지 기다리는 초", "seconds of waiting before giving up");
    opt("patience", Kind::Seconds(0.02, 10.0), "0.1", about)
}

fn seats() -> Declared {
    opt("seats", Kind::Count(2, 32), "5", text!("철학자 수", "how many philosophers"))
}

fn meals() -> Declared {
    opt("meals", Kind::Count(1, 10_000), "200", text!("저마다 먹는 끼니", "meals of each"))
}

fn lasting(default: &'static str, about: lab::lang::Text) -> Declared {
    opt("seconds", Kind::Seconds(0.001, 10.0), default, about)
}
