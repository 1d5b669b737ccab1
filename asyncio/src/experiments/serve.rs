//! A web server, the article's use case for asyncio: thousands of connections on one thread, until Ctrl-C.
//!
//! Article: asyncio, "웹 서버". Run: `cargo run -p asyncio -- serve --port 8080`. No Python twin: CPython has no
//! HTTP server on asyncio in its library. The server itself is the crate `web`.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use lab::cli::{self, Experiment};
use lab::lang::Text;
use lab::report::{Measure, Report, Unit};
use lab::trace::{Lane, Span, State, Trace};
use lab::{Error, Result, clock, machine, terminal, text};
use tokio::runtime::Builder;
use web::tally::Visit;
use web::{Drained, Limits, Options, Server, Tally, descriptors};

use crate::ctrl_c::Interrupt;
use crate::fault_injection::ServerOptions;

/// Connections whose requests are drawn.
const DRAWN: usize = 12;

/// What is served, and how long.
#[derive(Clone, Copy, Debug)]
pub struct ServeOptions {
    pub options: Options,
    /// Ends after this time; `None`: only with Ctrl-C.
    pub seconds: Option<Duration>,
    /// How long answers in flight may take once it ends.
    pub grace: Duration,
}

/// `cargo run -p asyncio -- serve`.
pub fn command() -> Experiment {
    let mut options = cli::Options::new();
    let served = ServerOptions::declare(&mut options);
    let port =
        options.count("port", 0..=65_535, 0, text!("127.0.0.1의 포트, 0은 아무거나", "a port of 127.0.0.1, 0 is any"));
    let about = text!("이만큼 뒤에 끝냄 (없으면 Ctrl-C)", "ends after this (else with Ctrl-C)");
    let seconds = options.seconds_if_given("seconds", 0.0..=86_400.0, about);
    let about = text!("끝낼 때 답을 기다려 주는 시간", "how long answers may take at the end");
    let grace = options.seconds("grace", 0.0..=600.0, 10.0, about);
    let about = text!("동시에 열 수 있는 연결", "connections that may be open at once");
    let connections = options.size("connections", 1..=1_000_000, 12_000, about);
    let about = text!("요청 머리가 다 와야 하는 시간", "time for the head of a request");
    let head = options.seconds("head", 0.01..=600.0, 30.0, about);
    let about = text!("요청 본문의 최대 바이트", "most bytes of a request's body");
    let body = options.count("body", 0..=1 << 30, 1 << 20, about);
    let about = text!(
        "HTTP/1.1 웹 서버: 기다림, 오류, 한도, 정상 종료",
        "a web server: delays, errors, limits, graceful shutdown"
    );
    Experiment::new("serve", about, options, move |a| {
        let port = u16::try_from(a.get(port)).expect("the option's upper bound is that of ports");
        let (connections, head, body) = (a.get(connections), a.get(head), a.get(body));
        let options = Options {
            address: (Ipv4Addr::LOCALHOST, port).into(),
            delay: a.get(served.delay),
            faults: served.faults(a)?,
            seed: a.get(served.seed),
            limits: Limits { connections, head, body, ..Limits::default() },
        };
        run(&ServeOptions { options, seconds: a.get(seconds), grace: a.get(grace) })
    })
}

/// Serves until Ctrl-C, or until the time is over; then answers what is in flight.
pub fn run(asked: &ServeOptions) -> Result<Report> {
    let mut options = asked.options;
    let too_few = descriptors::make_room(options.limits.connections as u64).err();
    if let Some(room) = too_few {
        options.limits.connections = usize::try_from(room).unwrap_or(usize::MAX).max(1);
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    // Install the handler before printing the address: whoever knows the address may interrupt us.
    let mut interrupt = runtime.block_on(async { Interrupt::listen() })?;
    let (start, zero) = (clock::now(), Instant::now());
    let server = Server::start(options).map_err(|e| cannot_listen(&options, &e))?;
    announce(&server);
    runtime.block_on(async {
        match asked.seconds {
            Some(seconds) => drop(tokio::time::timeout(seconds, interrupt.comes()).await),
            None => interrupt.comes().await,
        }
    });
    let stopping = clock::now();
    let (visits, grace) = (server.visits(), asked.grace);
    let (drained, tally) = server.stop(grace);
    let ns = |at: Instant| start + u64::try_from((at - zero).as_nanos()).unwrap_or(u64::MAX);
    let mut report = Report::new("asyncio/serve");
    report.traces.push(timeline([start, stopping, clock::now()], &visits, ns));
    report.measures = measures(&tally);
    report.notes = notes(&drained, &tally, too_few);
    report.shows = shows(&tally, &drained);
    Ok(report)
}

/// On standard error, for it is no part of the report.
fn announce(server: &Server) {
    let url = server.url();
    terminal::complain(&text!(
        "{url} 에서 기다립니다. Ctrl-C를 누르면 처리 중인 요청에 답하고 끝납니다.",
        "listening on {url}. Ctrl-C: what is in flight is answered, then it ends."
    ));
}

fn cannot_listen(options: &Options, e: &std::io::Error) -> Error {
    let address = options.address;
    Error::failed(text!("{address}: 포트를 열 수 없습니다: {e}", "{address}: cannot listen there: {e}"))
}

/// The server, and the first connections with their requests.
fn timeline([start, stopping, end]: [u64; 3], visits: &[Visit], ns: impl Fn(Instant) -> u64) -> Trace {
    let mut server = Lane::of(text!("서버", "server"), State::Idle, start, stopping);
    server.spans.push(Span { state: State::Running, start: stopping, end: end.max(stopping + 1) });
    let mut connections: BTreeMap<usize, Vec<Span>> = BTreeMap::new();
    for visit in visits {
        let span = Span { state: State::WaitingForIo, start: ns(visit.start), end: ns(visit.end) };
        connections.entry(visit.connection).or_default().push(span);
    }
    let lane = |(n, spans)| Lane { name: text!("연결 {n}", "connection {n}"), spans };
    let lanes = [server].into_iter().chain(connections.into_iter().take(DRAWN).map(lane)).collect();
    Trace::new(text!("서버와 처음 연결들의 요청", "the server, and the requests of the first connections"), lanes)
}

fn measures(tally: &Tally) -> Vec<Measure> {
    let count = |id: &str, name: Text, n: usize| Measure::new(id, name, Unit::Count, vec![n as f64]);
    vec![
        count("connections", text!("받은 연결", "connections let in"), tally.accepted),
        count("connections.peak", text!("동시에 열린 연결 최대", "open at once, at the peak"), tally.peak_open),
        count("connections.turned-away", text!("너무 많아 돌려보낸 연결", "turned away, too many"), tally.turned_away),
        count("connections.cut-off", text!("느려서 끊은 연결", "cut off, too slow"), tally.cut_off),
        count("connections.broken", text!("그 밖에 깨진 연결", "broken otherwise"), tally.broken),
        count("requests", text!("요청", "requests"), tally.requests),
        count(
            "requests.peak",
            text!("동시에 답을 기다린 요청 최대", "waiting at once, at the peak"),
            tally.peak_in_flight,
        ),
        count("answers.2xx", text!("2xx 응답", "answers 2xx"), tally.ok),
        count("answers.4xx", text!("4xx 응답", "answers 4xx"), tally.client_errors),
        count("answers.5xx", text!("5xx 응답", "answers 5xx"), tally.server_errors),
        count("answers.none", text!("응답 없이 끝난 요청", "requests without an answer"), tally.unanswered),
    ]
}

fn notes(drained: &Drained, tally: &Tally, too_few: Option<u64>) -> Vec<Text> {
    let Drained { open, aborted } = drained;
    let mut notes = vec![text!(
        "끝낼 때 열려 있던 연결 {open}개, 그 가운데 기다려도 끝나지 않아 끊은 것 {aborted}개.",
        "{open} connections were open when it was told to end; {aborted} of them were not done in time and were cut."
    )];
    if let (Some(peak), n @ 1..) = (machine::peak_memory(), tally.peak_open) {
        let peak = lab::report::unit::value(peak as f64, Unit::Bytes);
        notes.push(text!(
            "이 프로세스의 메모리 최대 {peak}, 동시에 열린 연결 최대 {n}개. 연결 하나의 메모리는 connections 실험이 잽니다.",
            "This process used {peak} of memory at the peak, with {n} connections open at once at the peak. The experiment connections measures what one takes."
        ));
    }
    if let Some(room) = too_few {
        notes.push(text!(
            "열린 파일의 한도(ulimit -Hn)로는 연결 {room}개까지만 받을 수 있었습니다.",
            "The hard limit on open files (ulimit -Hn) left room for {room} connections only."
        ));
    }
    notes
}

fn shows(tally: &Tally, drained: &Drained) -> Text {
    let (requests, peak, ok) = (tally.requests, tally.peak_in_flight, tally.ok);
    let cut = drained.aborted;
    text!(
        "스레드 하나가 요청 {requests}개를 받았고, 동시에 최대 {peak}개가 답을 기다렸습니다. 2xx 응답 {ok}개, 끝낼 때 끊은 연결 {cut}개.",
        "One thread took {requests} requests, {peak} of which waited for their answer at once at the peak. {ok} answers 2xx; {cut} connections were cut at the end."
    )
}
