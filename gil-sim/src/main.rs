//! `cargo run -p gil-sim`: the command line of GIL.

use std::process::ExitCode;

#[cfg(unix)]
use gil_sim::{experiments::verify::Breadth, run_on_cpython::Transport};
use lab::cli::{Declared, Kind, Section, opt};
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
    let section = Section::new(
        "gil-sim",
        text!("GIL: 전역 뮤텍스 하나와 그 규약", "the GIL: one global mutex, and its protocol"),
    )
    .experiment(
        "cpu-bound",
        text!("CPU 바운드 스레드: 락 없이, 그리고 GIL 아래에서", "CPU-bound threads without a lock, and under the GIL"),
        vec![threads, turns, interval],
        |a| {
            gil_sim::experiments::cpu_bound::run(
                a.size("threads"),
                a.count("turns"),
                a.seconds("interval"),
                a.pythons(),
            )
        },
    )
    .experiment(
        "bytecode",
        text!(
            "counter += 1의 바이트코드: 어디서 GIL이 넘어가고 무엇을 잃는가",
            "counter += 1 as bytecode: where the GIL goes, and what gets lost"
        ),
        bytecode_options(),
        |a| {
            gil_sim::experiments::bytecode::run(a.size("threads"), a.count("turns"), a.seconds("interval"), a.pythons())
        },
    )
    .experiment(
        "step",
        text!("여러분이 스케줄러: 한 걸음씩 고르기", "you are the scheduler: one step at a time"),
        vec![
            scenario(Some("convoy")),
            opt("schedule", Kind::Word, None, text!("묻지 않고 따라갈 일정", "a schedule to play instead of asking")),
        ],
        |a| gil_sim::experiments::step::run(a.path("file").expect("it has a default"), a.word("schedule")),
    )
    .experiment(
        "native",
        text!("GIL을 놓는 네이티브 코드와 쥔 네이티브 코드", "native code that lets go of the GIL, and that keeps it"),
        vec![lasting("0.4")],
        |a| gil_sim::experiments::native::run(a.seconds("seconds"), a.pythons()),
    )
    .experiment(
        "versions",
        text!("같은 시나리오를 모든 버전의 락에서", "the same scenario under the lock of every version"),
        versions_options(),
        |a| gil_sim::experiments::versions::run(a.path("scenario"), a.word("seconds").map(|_| a.seconds("seconds"))),
    );
    measured(section).main()
}

/// The experiments that measure this machine: they talk to a peer process over sockets of Unix.
#[cfg(unix)]
fn measured(section: Section) -> Section {
    section
        .experiment(
            "convoy",
            text!(
                "I/O 스레드 하나와 CPU 바운드 스레드들: 호송 효과",
                "an I/O thread beside CPU-bound threads: the convoy"
            ),
            convoy_options(),
            |a| {
                gil_sim::experiments::convoy::run(
                    a.seconds("delay"),
                    a.seconds("interval"),
                    a.seconds("seconds"),
                    a.pythons(),
                )
            },
        )
        .experiment(
            "interval",
            text!(
                "전환 간격: I/O 스레드가 얻는 것, CPU 스레드가 잃는 것",
                "the switch interval: the I/O thread's gain, the CPU thread's loss"
            ),
            vec![delay(), lasting("0.2")],
            |a| gil_sim::experiments::interval::run(a.seconds("delay"), a.seconds("seconds"), a.pythons()),
        )
        .experiment(
            "calibrate",
            text!("이 컴퓨터에서 락을 이루는 일들이 걸리는 시간", "what the parts of a lock take on this machine"),
            vec![opt("out", Kind::Path, None, text!("predict가 읽을 파일", "a file for predict to read"))],
            |a| gil_sim::calibrate::run(a.path("out")),
        )
        .experiment(
            "predict",
            text!("시나리오 파일을 시뮬레이터로 예측", "a scenario file, predicted by the simulator"),
            predict_options(),
            |a| {
                gil_sim::experiments::predict::run(
                    a.path("file").expect("it has a default"),
                    a.path("machine"),
                    a.pythons(),
                )
            },
        )
        .experiment(
            "verify",
            text!("예측과 실제 인터프리터", "predictions against the real interpreters"),
            verify_options(),
            |a| {
                let grid = a.word("breadth") == Some("grid");
                let breadth = if grid { Breadth::Grid } else { Breadth::Short };
                let udp = a.word("transport") == Some("udp");
                let transport = if udp { Transport::Udp } else { Transport::Socketpair };
                gil_sim::experiments::verify::run(a.path("file"), breadth, a.size("rounds"), transport, a.pythons())
            },
        )
        .child_on_pipes("peer", peer_options(), |a| match a.count("port") {
            0 => gil_sim::calibrate::answer(a.seconds("delay")),
            port => gil_sim::calibrate::answer_udp(a.seconds("delay"), port as u16),
        })
}

#[cfg(not(unix))]
fn measured(section: Section) -> Section {
    section
}

fn bytecode_options() -> Vec<Declared> {
    vec![
        opt("threads", Kind::Count(2, 64), "2", text!("스레드 수", "number of threads")),
        opt(
            "turns",
            Kind::Count(1, 10_000_000),
            "100000",
            text!("스레드 하나가 1을 더하는 횟수", "how often each thread adds 1"),
        ),
        opt(
            "interval",
            Kind::Seconds(0.000_001, 10.0),
            "0.00005",
            text!("전환 간격, sys.setswitchinterval", "switch interval, sys.setswitchinterval"),
        ),
    ]
}

fn scenario(default: Option<&'static str>) -> Declared {
    let about = text!(
        "시나리오 파일, 또는 gil-sim/scenarios에 있는 것의 이름",
        "a scenario file, or the name of one in gil-sim/scenarios"
    );
    opt("file", Kind::Path, default, about).bare()
}

#[cfg(unix)]
fn predict_options() -> Vec<Declared> {
    let machine = text!(
        "calibrate --out이 쓴 파일 (기본: 지금 이 컴퓨터를 잼)",
        "a file that calibrate --out wrote (default: this machine, measured now)"
    );
    vec![scenario(Some("convoy")), opt("machine", Kind::Path, None, machine)]
}

#[cfg(unix)]
fn verify_options() -> Vec<Declared> {
    let breadth = text!("파일이 없을 때 무엇을 견줄지", "what to compare without a file");
    let rounds = text!("되풀이 횟수", "how often all of it is repeated");
    let transport = text!("상대 프로세스와 말하는 길", "how to talk to the peer process");
    vec![
        scenario(None),
        opt("breadth", Kind::Choice(&["short", "grid"]), "short", breadth),
        opt("rounds", Kind::Count(1, 100), "1", rounds),
        opt("transport", Kind::Choice(&["socketpair", "udp"]), "socketpair", transport),
    ]
}

#[cfg(unix)]
fn convoy_options() -> Vec<Declared> {
    vec![
        delay(),
        opt(
            "interval",
            Kind::Seconds(0.000_001, 10.0),
            "0.005",
            text!("전환 간격, sys.setswitchinterval", "switch interval, sys.setswitchinterval"),
        ),
        lasting("0.5"),
    ]
}

fn versions_options() -> Vec<Declared> {
    vec![
        opt(
            "scenario",
            Kind::Path,
            None,
            text!(
                "시나리오 파일, 또는 딸려 오는 것의 이름 (기본 호송)",
                "a scenario file, or the name of one that comes along (default the convoy)"
            ),
        ),
        opt(
            "seconds",
            Kind::Seconds(0.000_001, 3600.0),
            None,
            text!(
                "가상 시간의 초 (기본 0.03, 파일이 있으면 그 길이)",
                "seconds of virtual time (default 0.03, or the file's)"
            ),
        ),
    ]
}

#[cfg(unix)]
fn delay() -> Declared {
    opt("delay", Kind::Seconds(0.0, 10.0), "0.001", text!("상대가 답하기까지의 초", "seconds until the peer answers"))
}

/// Of experiments that look at something for a while, several times.
fn lasting(default: &'static str) -> Declared {
    opt("seconds", Kind::Seconds(0.01, 60.0), default, text!("한 번에 지켜보는 초", "seconds of looking, each time"))
}

#[cfg(unix)]
/// Of the peer process that answers the convoy's messages; 0 as the port: it talks on its standard input.
fn peer_options() -> Vec<Declared> {
    vec![
        opt("delay", Kind::Seconds(0.0, 10.0), "0", text!("답하기까지의 초", "seconds until it answers")),
        opt("port", Kind::Count(0, 65_535), "0", text!("상대의 UDP 포트", "the partner's UDP port")),
    ]
}
