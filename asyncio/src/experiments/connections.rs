//! Ten thousand open connections on one thread, and a thousand slow clients among them: lost requests, and memory for each connection.
//!
//! Article: asyncio, "웹 서버". Run: `cargo run -p asyncio -- connections`. No Python twin: CPython has no HTTP server
//! on asyncio in its library. The server runs in a process of its own, so that its memory is its own.

use std::net::SocketAddr;
use std::time::Duration;

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

use crate::server_process::{Peer, Told};

/// Connections that are being opened at the same time.
const AT_A_TIME: usize = 256;
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: loopback\r\n\r\n";
const ANSWER_ENDS: &[u8] = b"\r\n\r\nok\n";
/// The number of pieces in which a slow client sends its request.
const PIECES: usize = 16;

#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Connections that stay open.
    pub connections: usize,
    /// Clients that send their request piece by piece meanwhile.
    pub slow: usize,
    /// How long a slow client takes to send its request.
    pub pause: Duration,
}

/// The answers that clients received.
struct Answers {
    /// Connections that were opened and had their first answer.
    opened: usize,
    /// Those that had a second one.
    again: usize,
    /// Slow clients that had theirs.
    slow: usize,
    /// What the server told before all, with all connections open, and after all.
    told: [Told; 3],
}

impl Answers {
    fn lost(&self, load: &Load) -> usize {
        2 * load.connections + load.slow - self.opened - self.again - self.slow
    }

    /// The server's memory for each open connection, in bytes, where the system tells.
    fn memory(&self) -> Option<f64> {
        let [before, held, _] = self.told;
        Some((held.memory?.saturating_sub(before.memory?)) as f64 / held.open.max(1) as f64)
    }
}

/// `cargo run -p asyncio -- connections`.
pub fn command() -> Experiment {
    let mut options = cli::Options::new();
    let about = text!("열어 둘 연결", "connections that stay open");
    let connections = options.size("connections", 1..=1_000_000, 10_000, about);
    let slow = options.size("slow", 0..=100_000, 1000, text!("느린 클라이언트", "slow clients"));
    let about = text!("느린 요청 하나에 걸리는 시간", "how long a slow request takes to send");
    let pause = options.seconds("seconds", 0.0..=60.0, 1.0, about);
    let about =
        text!("그 서버에 연결 만 개와 느린 클라이언트 천 개", "ten thousand connections to it, and slow clients");
    Experiment::new("connections", about, options, move |a| {
        run(&Load { connections: a.get(connections), slow: a.get(slow), pause: a.get(pause) })
    })
}

/// Opens all connections with one request each, then sends another on each while slow clients connect.
pub fn run(load: &Load) -> Result<Report> {
    let Load { connections, slow, .. } = *load;
    descriptors::make_room((connections + slow) as u64).map_err(|room| {
        Error::failed(text!(
            "열린 파일의 한도(ulimit -Hn)로는 --connections와 --slow를 합쳐 {room}까지입니다.",
            "the hard limit on open files (ulimit -Hn) leaves room for {room}, --connections and --slow together."
        ))
    })?;
    let mut peer = Peer::start(connections + slow)?;
    let recorder = Recorder::new();
    let start = clock::now();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let answers = runtime.block_on(drive(load, &mut peer, &recorder))?;
    drop(peer);
    let wall = (clock::now() - start) as f64;
    let mut report = Report::new("asyncio/connections");
    report.measures = measures(load, &answers, wall);
    report.notes = notes(load, &answers);
    report.shows = shows(load, &answers);
    report.traces.push(recorder.finish(text!("클라이언트가 한 일", "what the clients did")));
    Ok(report)
}

async fn drive(load: &Load, peer: &mut Peer, recorder: &Recorder) -> Result<Answers> {
    let before = peer.ask()?;
    let mut lane = recorder.lane(text!("열고 한 번 묻기", "open, ask once"));
    lane.enter(State::WaitingForIo);
    let open = open_all(peer.address, load.connections).await;
    lane.leave();
    let (opened, held) = (open.len(), peer.ask()?);
    let slow = tokio::spawn(slowly(
        peer.address,
        load.slow,
        load.pause,
        recorder.lane(text!("느린 클라이언트", "slow clients")),
    ));
    let mut lane = recorder.lane(text!("다시 묻기", "ask again"));
    lane.enter(State::WaitingForIo);
    let open = ask_all(open).await;
    lane.leave();
    let slow = slow.await.expect("a client does not panic");
    let (again, after) = (open.len(), peer.ask()?);
    Ok(Answers { opened, again, slow, told: [before, held, after] })
}

/// Opens connections, so many at a time, and asks once on each. Those that were answered stay open.
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

/// Slow clients, all at once; how many were answered.
async fn slowly(address: SocketAddr, clients: usize, pause: Duration, mut lane: LaneRecorder) -> usize {
    lane.enter(State::WaitingForIo);
    let clients: JoinSet<_> = (0..clients)
        .map(|_| async move { ask(TcpStream::connect(address).await.ok()?, PIECES, pause).await.map(drop) })
        .collect();
    let answered = clients.join_all().await.into_iter().flatten().count();
    lane.leave();
    answered
}

/// Sends the request in pieces, with pauses that add up to `pause`, and reads the answer. The connection, if it was answered.
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
            text!("동시에 열린 연결 최대 (서버가 셈)", "open at once, at the peak (the server's count)"),
            answers.told[2].peak_open,
        ),
        count("answered.first", text!("첫 요청에 받은 응답", "answers to the first request"), answers.opened),
        count("answered.again", text!("다시 물어 받은 응답", "answers when asked again"), answers.again),
        count("answered.slow", text!("느린 클라이언트가 받은 응답", "answers to slow clients"), answers.slow),
        count("lost", text!("응답을 받지 못한 요청", "requests without an answer"), answers.lost(load)),
        one("wall", text!("벽시계", "wall"), Unit::Ns, wall),
    ];
    if let Some(bytes) = answers.memory() {
        let name = text!("연결 하나가 쓰는 서버 메모리", "the server's memory per connection");
        measures.push(one("memory.connection", name, Unit::Bytes, bytes));
    }
    measures
}

fn notes(load: &Load, answers: &Answers) -> Vec<Text> {
    let pause = unit::duration(load.pause.as_nanos() as f64);
    let mut notes = vec![text!(
        "느린 클라이언트는 요청을 {pieces}조각으로 나눠 {pause} 동안 보내고, 그사이에 열린 연결 모두가 다시 묻습니다. 서버는 다른 프로세스의 스레드 하나이고 모두 같은 코어를 나눠 씁니다.",
        "A slow client sends its request in {pieces} pieces over {pause}; meanwhile every open connection asks again. The server is one thread of another process, and all share the same cores.",
        pieces = PIECES
    )];
    notes.push(match answers.memory() {
        Some(_) => text!(
            "연결의 메모리는 모두 열린 뒤 늘어난 서버 프로세스의 상주 메모리를 열린 연결 수로 나눈 것입니다. 커널이 쓰는 소켓 버퍼는 들어 있지 않습니다.",
            "Memory per connection is what the server's resident memory grew by until all were open, divided by how many were. The kernel's socket buffers are not in it."
        ),
        None => text!(
            "연결의 메모리: 측정하지 않음: 이 시스템은 메모리를 알려 주지 않습니다.",
            "Memory per connection: not measured: this system does not tell."
        ),
    });
    notes
}

fn shows(load: &Load, answers: &Answers) -> Text {
    let (peak, lost, slow) = (answers.told[2].peak_open, answers.lost(load), load.slow);
    let all = 2 * load.connections + slow;
    let (ko, en) = match answers.memory().map(|bytes| unit::value(bytes, Unit::Bytes)) {
        Some(each) => {
            (format!(" 연결 하나에 서버 메모리 {each}."), format!(" A connection took {each} of the server's memory."))
        }
        None => Default::default(),
    };
    text!(
        "스레드 하나가 연결 {peak}개를 동시에 열어 두었습니다. 느린 클라이언트 {slow}개를 포함해 요청 {all}개 가운데 응답을 받지 못한 것 {lost}개.{ko}",
        "One thread held {peak} connections open at once. Of {all} requests, {slow} of them by slow clients, {lost} had no answer.{en}"
    )
}
