//! The command line of the web server and the API client. They are in the build with the feature `web`; without it the reader is told
//! how to get them.

use lab::cli::{Args, Declared, Kind, Section, opt};
use lab::report::Report;
use lab::{Result, text};

/// Adds the experiments that need a web server.
pub fn add(section: Section) -> Section {
    let section = section
        .experiment(
            "serve",
            text!(
                "HTTP/1.1 웹 서버: 기다림, 오류, 한도, 우아한 종료",
                "a web server: delays, errors, limits, a graceful end"
            ),
            [served(), serve_options()].concat(),
            |a| with_web("serve", a, run::serve),
        )
        .experiment(
            "connections",
            text!("그 서버에 연결 만 개와 느린 클라이언트 천 개", "ten thousand connections to it, and slow clients"),
            connections_options(),
            |a| with_web("connections", a, run::connections),
        )
        .experiment(
            "fetch",
            text!("API 클라이언트: 한도, 재시도, 취소, NDJSON", "an API client: limits, retries, cancelling, NDJSON"),
            [fetch_options(), served()].concat(),
            |a| with_web("fetch", a, run::fetch),
        );
    run::children(section)
}

/// What our own server does, for `serve` and for `fetch`.
fn served() -> Vec<Declared> {
    vec![
        opt(
            "delay",
            Kind::Seconds(0.0, 60.0),
            "0.05",
            text!("서버가 / 에 답하기까지", "how long the server takes for /"),
        ),
        opt(
            "inject",
            Kind::Word,
            None,
            text!("일부러 낼 고장: error=0.1,never=0.01", "faults on purpose: error=0.1,never=0.01"),
        ),
        opt(
            "seed",
            Kind::Count(0, u64::MAX),
            "0",
            text!("고장과 지터를 뽑는 시드", "what faults and jitter are drawn with"),
        ),
    ]
}

fn serve_options() -> Vec<Declared> {
    vec![
        opt(
            "port",
            Kind::Count(0, 65_535),
            "0",
            text!("127.0.0.1의 포트, 0은 아무거나", "a port of 127.0.0.1, 0 is any"),
        ),
        opt(
            "seconds",
            Kind::Seconds(0.0, 86_400.0),
            None,
            text!("이만큼 뒤에 끝냄 (없으면 Ctrl-C)", "ends after this (else with Ctrl-C)"),
        ),
        opt(
            "grace",
            Kind::Seconds(0.0, 600.0),
            "10",
            text!("끝낼 때 답을 기다려 주는 시간", "how long answers may take at the end"),
        ),
        opt(
            "connections",
            Kind::Count(1, 1_000_000),
            "12000",
            text!("동시에 열 수 있는 연결", "connections that may be open at once"),
        ),
        opt(
            "head",
            Kind::Seconds(0.01, 600.0),
            "30",
            text!("요청 머리가 다 와야 하는 시간", "time for the head of a request"),
        ),
        opt(
            "body",
            Kind::Count(0, 1 << 30),
            "1048576",
            text!("요청 본문의 최대 바이트", "most bytes of a request's body"),
        ),
    ]
}

fn connections_options() -> Vec<Declared> {
    vec![
        opt("connections", Kind::Count(1, 1_000_000), "10000", text!("열어 둘 연결", "connections that stay open")),
        opt("slow", Kind::Count(0, 100_000), "1000", text!("느린 클라이언트", "slow clients")),
        opt(
            "seconds",
            Kind::Seconds(0.0, 60.0),
            "1",
            text!("느린 요청 하나에 걸리는 시간", "how long a slow request takes to send"),
        ),
    ]
}

fn fetch_options() -> Vec<Declared> {
    vec![
        opt("calls", Kind::Count(1, 10_000_000), "1000", text!("호출 수", "how many calls")),
        opt("concurrency", Kind::Count(1, 100_000), "100", text!("동시에 하는 호출", "how many at a time")),
        opt("url", Kind::Word, None, text!("우리 서버 대신 부를 http 주소", "an http address instead of our server")),
        opt("urls", Kind::Path, None, text!("한 줄에 하나씩 주소가 있는 파일", "a file of addresses, one a line")),
        opt("timeout", Kind::Seconds(0.001, 600.0), "2", text!("시도 하나의 한도", "time for one attempt")),
        opt("retries", Kind::Count(0, 100), "3", text!("재시도 횟수", "attempts after the first")),
        opt(
            "backoff",
            Kind::Seconds(0.0, 60.0),
            "0.1",
            text!("첫 재시도 전의 최대 쉼, 갈수록 두 배", "longest first pause, doubling"),
        ),
        opt("out", Kind::Path, None, text!("결과를 NDJSON으로 적을 파일", "a file for the results, as NDJSON")),
    ]
}

#[cfg(feature = "web")]
fn with_web(_: &str, args: &Args, run: fn(&Args) -> Result<Report>) -> Result<Report> {
    run(args)
}

#[cfg(not(feature = "web"))]
fn with_web(name: &str, _: &Args, _: fn(&Args) -> Result<Report>) -> Result<Report> {
    Err(lab::Error::usage(text!(
        "{name} 실험은 `cargo run -p asyncio --features web -- {name}`로 실행하십시오.",
        "for {name} run `cargo run -p asyncio --features web -- {name}`."
    )))
}

#[cfg(feature = "web")]
mod run {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use asyncio::fetch::retry::Retry;
    use asyncio::fetch::target::{self, Target};
    use asyncio::{connections, fetch, inject, peer, serve};
    use lab::cli::{Args, Kind, Section, opt};
    use lab::lang::Text;
    use lab::report::Report;
    use lab::{Error, Result, text};
    use web::{Faults, Limits, Options};

    /// No pause between two attempts is longer.
    const LONGEST_PAUSE: Duration = Duration::from_secs(30);

    pub fn children(section: Section) -> Section {
        let room = opt("connections", Kind::Count(1, 10_000_000), "1", Text::default());
        section.child_on_pipes(peer::CHILD, vec![room], |a| peer::serve(a.size("connections")))
    }

    pub fn serve(a: &Args) -> Result<Report> {
        let port = u16::try_from(a.count("port")).expect("the option's upper bound is that of ports");
        let (connections, head, body) = (a.size("connections"), a.seconds("head"), a.count("body"));
        let limits = Limits { connections, head, body, ..Limits::default() };
        let options = Options {
            address: (Ipv4Addr::LOCALHOST, port).into(),
            delay: a.seconds("delay"),
            faults: faults(a)?,
            seed: a.count("seed"),
            limits,
        };
        let seconds = a.word("seconds").map(|_| a.seconds("seconds"));
        serve::run(&serve::Order { options, seconds, grace: a.seconds("grace") })
    }

    pub fn connections(a: &Args) -> Result<Report> {
        let (connections, slow, pause) = (a.size("connections"), a.size("slow"), a.seconds("seconds"));
        connections::run(&connections::Order { connections, slow, pause })
    }

    pub fn fetch(a: &Args) -> Result<Report> {
        let targets = targets(a)?;
        let faults = faults(a)?;
        if faults.any() && !targets.is_empty() {
            return Err(Error::usage(text!(
                "--inject는 우리 서버에만 통합니다. --url, --urls와 함께 주지 마십시오.",
                "--inject is for our own server. Do not give it with --url or --urls."
            )));
        }
        // Each address of a file once.
        let calls = if a.path("urls").is_some() { targets.len() } else { a.size("calls") };
        let most = u32::try_from(a.count("retries")).expect("the option's upper bound is small");
        let order = fetch::Order {
            targets,
            calls,
            concurrency: a.size("concurrency"),
            delay: a.seconds("delay"),
            faults,
            timeout: a.seconds("timeout"),
            retry: Retry { most, base: a.seconds("backoff"), cap: LONGEST_PAUSE },
            seed: a.count("seed"),
            out: a.path("out").map(Into::into),
        };
        fetch::run(&order, a.pythons())
    }

    fn targets(a: &Args) -> Result<Vec<Target>> {
        match (a.word("url"), a.path("urls")) {
            (None, None) => Ok(Vec::new()),
            (Some(url), None) => Ok(vec![Target::parse(url, "--url")?]),
            (None, Some(path)) => target::read(path),
            (Some(_), Some(_)) => {
                Err(Error::usage(text!("--url과 --urls 가운데 하나만 주십시오.", "give --url or --urls, not both.")))
            }
        }
    }

    fn faults(a: &Args) -> Result<Faults> {
        a.word("inject").map_or(Ok(Faults::default()), inject::parse)
    }
}

/// Nothing to run.
#[cfg(not(feature = "web"))]
mod run {
    use super::{Args, Report, Result, Section};

    pub fn children(section: Section) -> Section {
        section
    }

    pub fn serve(_: &Args) -> Result<Report> {
        Ok(Report::default())
    }

    pub use serve as connections;
    pub use serve as fetch;
}
