//! A web server, the article's first use case for asyncio: thousands of connections on one thread, until Ctrl-C.
//!
//! Article: asyncio, "웹 서버". Run: `cargo run -p asyncio -- serve --port 8080`. No Python twin: CPython's
//! standard library has no asyncio HTTP server. The server itself is in the crate `web`.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use lab::claims::Verdict;
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

/// Number of connections with a lane in the drawing.
const DRAWN: usize = 12;

/// What to serve, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct ServeOptions {
    pub options: Options,
    /// The server stops after this time; with `None`, only on Ctrl-C.
    pub seconds: Option<Duration>,
    /// How long to wait for requests in flight when stopping.
    pub grace: Duration,
}

/// `cargo run -p asyncio -- serve`.
pub fn command() -> Experiment {
    let mut options = cli::Options::new();
    let served = ServerOptions::declare(&mut options);
    let port = options.count(
        "port",
        0..=65_535,
        0,
        text!("127.0.0.1의 포트, 0이면 임의의 포트", "port on 127.0.0.1, 0 for any free port"),
    );
    let about = text!("이 시간 뒤에 종료(없으면 Ctrl-C까지)", "stop after this time (default: on Ctrl-C)");
    let seconds = options.seconds_if_given("seconds", 0.0..=86_400.0, about);
    let about =
        text!("종료할 때 처리 중인 요청을 기다리는 시간", "how long to wait for requests in flight when stopping");
    let grace = options.seconds("grace", 0.0..=600.0, 10.0, about);
    let about = text!("동시에 열 수 있는 최대 연결 수", "maximum number of open connections");
    let connections = options.size("connections", 1..=1_000_000, 12_000, about);
    let about = text!("요청 헤더를 다 받을 때까지의 시간 제한", "time limit for receiving a request's header");
    let head = options.seconds("head", 0.01..=600.0, 30.0, about);
    let about = text!("요청 본문의 최대 바이트 수", "maximum size of a request's body in bytes");
    let body = options.count("body", 0..=1 << 30, 1 << 20, about);
    let about = text!(
        "HTTP/1.1 웹 서버: 지연, 오류, 제한, 정상 종료",
        "an HTTP/1.1 web server: delays, errors, limits, graceful shutdown"
    );
    Experiment::new("serve", about, options, move |a| {
        let port = u16::try_from(a.get(port)).expect("the option's upper bound is the largest port");
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

/// Serves until Ctrl-C or until the time is over, then answers the requests in flight and stops.
pub fn run(asked: &ServeOptions) -> Result<Report> {
    let mut options = asked.options;
    let too_few = descriptors::make_room(options.limits.connections as u64).err();
    if let Some(room) = too_few {
        options.limits.connections = usize::try_from(room).unwrap_or(usize::MAX).max(1);
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    // Install the handler before printing the address: the reader of the address may send the signal at once.
    let mut interrupt = runtime.block_on(async { Interrupt::listen() })?;
    let (start, zero) = (clock::now(), Instant::now());
    let server = Server::start(options).map_err(|e| cannot_listen(&options, &e))?;
    announce(&server);
    runtime.block_on(async {
        match asked.seconds {
            Some(seconds) => drop(tokio::time::timeout(seconds, interrupt.received()).await),
            None => interrupt.received().await,
        }
    });
    let stopping = clock::now();
    let (visits, grace) = (server.visits(), asked.grace);
    let (drained, tally) = server.stop(grace);
    let ns = |at: Instant| start + u64::try_from((at - zero).as_nanos()).unwrap_or(u64::MAX);
    let mut report = Report::new("asyncio/serve");
    report.traces.push(timeline([start, stopping, clock::now()], &visits, ns));
    report.measures = measures(&tally);
    report.verdicts.push(judge(&tally));
    report.notes = notes(&drained, &tally, too_few);
    report.shows = shows(&tally, &drained);
    Ok(report)
}

/// The verdict by the requests that were in flight at once. How many there could have been is up to the clients.
fn judge(tally: &Tally) -> Verdict {
    const CLAIM: &str = "asyncio-web-server";
    let (peak, requests) = (tally.peak_in_flight, tally.requests);
    if peak < 2 {
        let why =
            text!("요청 {requests}개 중 동시에 들어온 요청이 없습니다", "of {requests} requests no two came at once");
        return Verdict::not_measured(CLAIM, "Rust, tokio", why);
    }
    let evidence = text!(
        "요청 {requests}개 중 동시에 처리한 것은 최대 {peak}개",
        "up to {peak} of {requests} requests were in flight at once"
    );
    Verdict::seen(CLAIM, "Rust, tokio", true, evidence)
}

/// Prints the address on standard error, because it is not part of the report.
fn announce(server: &Server) {
    let url = server.url();
    terminal::complain(&text!(
        "{url} 에서 요청을 기다립니다. Ctrl-C를 누르면 처리 중인 요청에 응답한 뒤 종료합니다.",
        "listening on {url}. Ctrl-C answers the requests in flight and stops the server."
    ));
}

fn cannot_listen(options: &Options, e: &std::io::Error) -> Error {
    let address = options.address;
    Error::failed(text!(
        "{address}: 이 주소에서 연결을 받을 수 없습니다: {e}",
        "{address}: cannot listen on this address: {e}"
    ))
}

/// One lane for the server, and one for each of the first connections with its requests.
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
    Trace::new(text!("서버와 처음 몇 연결의 요청", "the server, and the requests of the first connections"), lanes)
}

fn measures(tally: &Tally) -> Vec<Measure> {
    let count = |id: &str, name: Text, n: usize| Measure::new(id, name, Unit::Count, vec![n as f64]);
    vec![
        count("connections", text!("수락한 연결", "connections accepted"), tally.accepted),
        count(
            "connections.peak",
            text!("동시에 열린 연결의 최대 수", "connections open at once, peak"),
            tally.peak_open,
        ),
        count(
            "connections.turned-away",
            text!("한도를 넘어 거절한 연결", "connections rejected, too many"),
            tally.turned_away,
        ),
        count("connections.cut-off", text!("너무 느려서 끊은 연결", "connections closed, too slow"), tally.cut_off),
        count("connections.broken", text!("그 밖의 오류로 끊긴 연결", "connections with other errors"), tally.broken),
        count("requests", text!("요청", "requests"), tally.requests),
        count(
            "requests.peak",
            text!("동시에 응답을 기다린 요청의 최대 수", "requests waiting at once, peak"),
            tally.peak_in_flight,
        ),
        count("answers.2xx", text!("2xx 응답", "2xx responses"), tally.ok),
        count("answers.4xx", text!("4xx 응답", "4xx responses"), tally.client_errors),
        count("answers.5xx", text!("5xx 응답", "5xx responses"), tally.server_errors),
        count("answers.none", text!("응답 없이 끝난 요청", "requests without a response"), tally.unanswered),
    ]
}

fn notes(drained: &Drained, tally: &Tally, too_few: Option<u64>) -> Vec<Text> {
    let Drained { open, aborted } = drained;
    let mut notes = vec![text!(
        "종료할 때 열려 있던 연결은 {open}개이고, 그중 {aborted}개는 제한 시간 안에 끝나지 않아 끊었습니다.",
        "{open} connections were open when the server was told to stop; {aborted} of them did not finish in time and were closed."
    )];
    if let (Some(peak), n @ 1..) = (machine::peak_memory(), tally.peak_open) {
        let peak = lab::report::unit::value(peak as f64, Unit::Bytes);
        notes.push(text!(
            "이 프로세스는 메모리를 최대 {peak} 썼고, 동시에 열린 연결은 최대 {n}개였습니다. 연결 하나의 메모리는 connections 실험에서 측정합니다.",
            "This process used up to {peak} of memory and had up to {n} connections open at once. The experiment connections measures the memory per connection."
        ));
    }
    if let Some(room) = too_few {
        notes.push(text!(
            "열린 파일 수의 하드 한도(ulimit -Hn) 때문에 연결을 {room}개까지만 받을 수 있었습니다.",
            "The hard limit on open files (ulimit -Hn) allowed only {room} connections."
        ));
    }
    notes
}

fn shows(tally: &Tally, drained: &Drained) -> Text {
    let (requests, peak, ok) = (tally.requests, tally.peak_in_flight, tally.ok);
    let cut = drained.aborted;
    text!(
        "스레드 하나가 요청 {requests}개를 받았고, 동시에 최대 {peak}개가 응답을 기다렸습니다. 2xx 응답은 {ok}개, 종료할 때 끊은 연결은 {cut}개입니다.",
        "One thread received {requests} requests; up to {peak} waited for their response at once. It sent {ok} 2xx responses and closed {cut} connections when it stopped."
    )
}
