//! Ten thousand open connections on one thread, and a thousand slow clients beside them: lost requests, and memory per connection.
//!
//! Article: asyncio, "웹 서버". Run: `cargo run -p asyncio -- connections`. No Python twin: CPython's standard
//! library has no asyncio HTTP server. The server runs in its own process, so that its memory can be measured separately.

use std::net::SocketAddr;
use std::time::Duration;

use lab::claims::Verdict;
use lab::cli::{self, Experiment};
use lab::lang::Text;
use lab::report::unit;
use lab::report::{Measure, Report, Unit};
use lab::trace::State;
use lab::trace::{LaneRecorder, Recorder};
use lab::{Error, Result, clock, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::sleep;
use web::descriptors;

use crate::server_process::{ServerProcess, ServerStatus};

/// How many connections are being opened at the same time.
const AT_A_TIME: usize = 256;
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: loopback\r\n\r\n";
const ANSWER_ENDS: &[u8] = b"\r\n\r\nok\n";
/// The number of pieces in which a slow client sends its request.
const PIECES: usize = 16;

#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Number of connections that stay open.
    pub connections: usize,
    /// Number of clients that meanwhile send their request in small pieces.
    pub slow: usize,
    /// How long a slow client takes to send its request.
    pub pause: Duration,
}

/// Number of responses that clients received.
struct Answers {
    /// First responses on connections that stay open.
    opened: usize,
    /// Second responses on these connections.
    again: usize,
    /// Responses to slow clients.
    slow: usize,
    /// The server's status before the start, with all connections open, and at the end.
    statuses: [ServerStatus; 3],
}

impl Answers {
    fn lost(&self, load: &Load) -> usize {
        2 * load.connections + load.slow - self.opened - self.again - self.slow
    }

    /// The server's memory per open connection in bytes, if the system reports it.
    fn memory(&self) -> Option<f64> {
        let [before, held, _] = self.statuses;
        Some((held.memory?.saturating_sub(before.memory?)) as f64 / held.open.max(1) as f64)
    }
}

/// `cargo run -p asyncio -- connections`.
pub fn command() -> Experiment {
    let mut options = cli::Options::new();
    let about = text!("열어 둘 연결 수", "number of connections that stay open");
    let connections = options.size("connections", 1..=1_000_000, 10_000, about);
    let slow = options.size("slow", 0..=100_000, 1000, text!("느린 클라이언트 수", "number of slow clients"));
    let about = text!("느린 요청 하나를 보내는 데 걸리는 시간", "how long a slow client takes to send its request");
    let pause = options.seconds("seconds", 0.0..=60.0, 1.0, about);
    let about = text!(
        "웹 서버에 연결 1만 개와 느린 클라이언트 1천 개",
        "ten thousand connections to the web server, and slow clients"
    );
    Experiment::new("connections", about, options, move |a| {
        run(&Load { connections: a.get(connections), slow: a.get(slow), pause: a.get(pause) })
    })
}

/// Opens all connections and sends one request on each. Then sends another one on each while slow clients connect.
pub fn run(load: &Load) -> Result<Report> {
    let Load { connections, slow, .. } = *load;
    descriptors::make_room((connections + slow) as u64).map_err(|room| {
        Error::failed(text!(
            "열린 파일 수의 하드 한도(ulimit -Hn) 때문에 --connections와 --slow의 합은 {room}까지만 됩니다.",
            "the hard limit on open files (ulimit -Hn) allows only {room} for --connections and --slow together."
        ))
    })?;
    let mut server = ServerProcess::start(connections + slow)?;
    let recorder = Recorder::new();
    let start = clock::now();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let answers = runtime.block_on(drive(load, &mut server, &recorder))?;
    drop(server);
    let wall = (clock::now() - start) as f64;
    let mut report = Report::new("asyncio/connections");
    report.measures = measures(load, &answers, wall);
    report.verdicts.push(judge(load.connections, answers.statuses[2].peak_open, answers.lost(load)));
    report.notes = notes(load, &answers);
    report.shows = shows(load, &answers);
    report.traces.push(recorder.finish(text!("클라이언트의 동작", "what the clients did")));
    Ok(report)
}

/// The verdict by the connections that were open at once and the requests that got no response.
fn judge(connections: usize, peak: usize, lost: usize) -> Verdict {
    const CLAIM: &str = "asyncio-many-connections";
    if connections < 2 {
        return Verdict::not_measured(
            CLAIM,
            "Rust, tokio",
            text!("연결이 하나뿐입니다", "there is only one connection"),
        );
    }
    let evidence = text!(
        "연결 {connections}개 중 동시에 열린 것은 최대 {peak}개, 응답을 받지 못한 요청 {lost}개",
        "up to {peak} of {connections} connections were open at once; {lost} requests got no response"
    );
    Verdict::seen(CLAIM, "Rust, tokio", peak >= connections && lost == 0, evidence)
}

async fn drive(load: &Load, server: &mut ServerProcess, recorder: &Recorder) -> Result<Answers> {
    let before = server.status()?;
    let mut lane = recorder.lane(text!("연결하고 첫 요청", "open, first request"));
    lane.enter(State::WaitingForIo);
    let open = open_all(server.address, load.connections).await;
    lane.leave();
    let (opened, held) = (open.len(), server.status()?);
    let slow = tokio::spawn(slow_clients(
        server.address,
        load.slow,
        load.pause,
        recorder.lane(text!("느린 클라이언트", "slow clients")),
    ));
    let mut lane = recorder.lane(text!("두 번째 요청", "second request"));
    lane.enter(State::WaitingForIo);
    let open = ask_all(open).await;
    lane.leave();
    let slow = slow.await.expect("a client does not panic");
    let (again, after) = (open.len(), server.status()?);
    Ok(Answers { opened, again, slow, statuses: [before, held, after] })
}

/// Opens connections, at most `AT_A_TIME` at once, and sends one request on each. Returns those that received a response.
async fn open_all(address: SocketAddr, connections: usize) -> Vec<TcpStream> {
    let mut opening = JoinSet::new();
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        if opening.len() == AT_A_TIME {
            open.extend(opening.join_next().await.and_then(Result::ok).flatten());
        }
        opening.spawn(async move { ask(TcpStream::connect(address).await.ok()?, 1, Duration::ZERO).await });
    }
    open.extend(opening.join_all().await.into_iter().flatten());
    open
}

async fn ask_all(open: Vec<TcpStream>) -> Vec<TcpStream> {
    let asking: JoinSet<_> = open.into_iter().map(|stream| ask(stream, 1, Duration::ZERO)).collect();
    asking.join_all().await.into_iter().flatten().collect()
}

/// Runs all slow clients at once. Returns how many received a response.
async fn slow_clients(address: SocketAddr, clients: usize, pause: Duration, mut lane: LaneRecorder) -> usize {
    lane.enter(State::WaitingForIo);
    let clients: JoinSet<_> = (0..clients)
        .map(|_| async move { ask(TcpStream::connect(address).await.ok()?, PIECES, pause).await.map(drop) })
        .collect();
    let answered = clients.join_all().await.into_iter().flatten().count();
    lane.leave();
    answered
}

/// Sends the request in pieces, with pauses that add up to `pause`, and reads the response. Returns the connection if the status is 200.
async fn ask(mut stream: TcpStream, pieces: usize, pause: Duration) -> Option<TcpStream> {
    let pause = pause / pieces as u32;
    for piece in REQUEST.chunks(REQUEST.len().div_ceil(pieces)) {
        stream.write_all(piece).await.ok()?;
        if !pause.is_zero() {
            sleep(pause).await;
        }
    }
    let mut answer = Vec::with_capacity(256);
    while !answer.ends_with(ANSWER_ENDS) {
        if stream.read_buf(&mut answer).await.ok()? == 0 {
            return None;
        }
    }
    answer.starts_with(b"HTTP/1.1 200 ").then_some(stream)
}

fn measures(load: &Load, answers: &Answers, wall: f64) -> Vec<Measure> {
    let one = |id: &str, name: Text, unit, sample: f64| Measure::new(id, name, unit, vec![sample]);
    let count = |id: &str, name: Text, n: usize| one(id, name, Unit::Count, n as f64);
    let mut measures = vec![
        count(
            "open.peak",
            text!("동시에 열린 연결의 최대 수(서버 기준)", "connections open at once, peak (counted by the server)"),
            answers.statuses[2].peak_open,
        ),
        count("answered.first", text!("첫 요청에 받은 응답", "responses to the first request"), answers.opened),
        count("answered.again", text!("두 번째 요청에 받은 응답", "responses to the second request"), answers.again),
        count("answered.slow", text!("느린 클라이언트가 받은 응답", "responses to slow clients"), answers.slow),
        count("lost", text!("응답을 받지 못한 요청", "requests without a response"), answers.lost(load)),
        one("wall", text!("벽시계 시간", "wall time"), Unit::Ns, wall),
    ];
    if let Some(bytes) = answers.memory() {
        let name = text!("연결당 서버 메모리", "server memory per connection");
        measures.push(one("memory.connection", name, Unit::Bytes, bytes));
    }
    measures
}

fn notes(load: &Load, answers: &Answers) -> Vec<Text> {
    let pause = unit::duration(load.pause.as_nanos() as f64);
    let mut notes = vec![text!(
        "느린 클라이언트는 요청을 {pieces}조각으로 나눠 {pause} 동안 보냅니다. 그동안 열린 연결은 모두 두 번째 요청을 보냅니다. 서버는 다른 프로세스의 스레드 하나이고, 클라이언트와 같은 코어를 나눠 씁니다.",
        "A slow client sends its request in {pieces} pieces over {pause}. Meanwhile a second request is sent on every open connection. The server is one thread of another process and shares the cores with the clients.",
        pieces = PIECES
    )];
    notes.push(match answers.memory() {
        Some(_) => text!(
            "연결당 메모리는 연결이 모두 열릴 때까지 늘어난 서버 프로세스의 상주 메모리를 열린 연결 수로 나눈 값입니다. 커널의 소켓 버퍼는 포함되지 않습니다.",
            "Memory per connection is the growth of the server's resident memory until all connections were open, divided by their number. It does not include the kernel's socket buffers."
        ),
        None => text!(
            "연결당 메모리: 측정하지 않음: 이 시스템에서는 메모리 사용량을 알 수 없습니다.",
            "Memory per connection: not measured: this system does not report memory usage."
        ),
    });
    notes
}

fn shows(load: &Load, answers: &Answers) -> Text {
    let (peak, lost, slow) = (answers.statuses[2].peak_open, answers.lost(load), load.slow);
    let all = 2 * load.connections + slow;
    let (ko, en) = match answers.memory().map(|bytes| unit::value(bytes, Unit::Bytes)) {
        Some(each) => (
            format!(" 서버는 연결 하나에 메모리 {each}를 썼습니다."),
            format!(" The server used {each} of memory per connection."),
        ),
        None => Default::default(),
    };
    text!(
        "스레드 하나가 연결 {peak}개를 동시에 열어 두었습니다. 느린 클라이언트 {slow}개의 요청을 포함한 요청 {all}개 중 {lost}개가 응답을 받지 못했습니다.{ko}",
        "One thread held {peak} connections open at once. Of {all} requests, {slow} of them from slow clients, {lost} received no response.{en}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::claims::Outcome;

    #[test]
    fn a_connection_at_a_time_and_a_lost_request_refute_the_claim() {
        assert_eq!(judge(50, 50, 0).outcome, Outcome::Holds);
        assert_eq!(judge(50, 1, 0).outcome, Outcome::DoesNotHold);
        assert_eq!(judge(50, 50, 1).outcome, Outcome::DoesNotHold);
        assert!(matches!(judge(1, 1, 0).outcome, Outcome::NotMeasured(_)));
    }
}
