//! Web requests, the article's use case for threads: the same GETs one after another, and by threads that wait together.
//!
//! Article: 멀티스레딩, "네트워크 요청". Run: `cargo run -p threading -- fetch`. Python twin: `python/fetch.py`.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use lab::claims::Verdict;
use lab::lang::Text;
use lab::record::{LaneRecorder, Recorder};
use lab::report::{Measure, Report, Unit};
use lab::trace::{State, Trace};
use lab::twin::{self, Interpreter};
use lab::{Error, Result, clock, show, text, twin_script};
use loopback::Server;

const CLAIM: &str = "threads-io-overlap";
/// A server that has not answered after so many seconds will not.
const PATIENCE: u64 = 30;

/// What is fetched.
#[derive(Clone, Debug)]
pub struct Order {
    /// Number of GETs.
    pub requests: usize,
    /// Number of threads that share them.
    pub threads: usize,
    /// How long our own server takes to answer.
    pub delay: Duration,
    /// Somebody else's server instead of ours.
    pub url: Option<String>,
}

/// Fetches in sequence and with threads.
pub fn run(order: &Order, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("threading/fetch");
    let (url, _server) = match &order.url {
        Some(url) => (check(url)?, None),
        None => {
            let server = Server::start(order.delay)?;
            (server.url(), Some(server))
        }
    };
    let sequence = get_all(&url, order.requests, 1, text!("차례로", "in sequence"))?;
    let threads = get_all(&url, order.requests, order.threads, text!("스레드", "threads"))?;
    let (slow, fast) = (sequence.duration() as f64, threads.duration() as f64);
    report.measures.push(Measure::new("wall.sequence", text!("차례로", "in sequence"), Unit::Ns, vec![slow]));
    report.measures.push(Measure::new("wall.threads", text!("스레드", "threads"), Unit::Ns, vec![fast]));
    let peak = threads.peak_in_flight(&[State::WaitingForIo]);
    report.verdicts.push(judge("Rust", order, peak));
    report.traces = vec![sequence, threads];

    let args = [url.clone(), order.requests.to_string(), order.threads.to_string()];
    twin::join(&mut report, pythons, twin_script!("fetch"), &args, &[CLAIM], |python, twin| {
        let threads = twin.traces.last();
        threads
            .map(|t| judge(&python.to_string(), order, t.peak_in_flight(&[State::WaitingForIo])))
            .into_iter()
            .collect()
    });
    report.notes.push(served_by(order, &url));
    let (slow, fast, gain) = (clock::human(slow), clock::human(fast), show::value(slow / fast, Unit::Times));
    let n = order.requests;
    report.shows = text!(
        "GET {n}번: 차례로 {slow}, 스레드로 {fast}({gain}). 동시에 최대 {peak}개가 응답을 기다렸습니다. 기다림은 GIL이 있어도 겹칩니다.",
        "{n} GETs: {slow} in sequence, {fast} with threads ({gain}). {peak} waited for their answer at once at the peak. Waiting overlaps, GIL or no GIL."
    );
    Ok(report)
}

/// GETs the URL `requests` times from `threads` threads, each of which takes the next one until none is left.
pub fn get_all(url: &str, requests: usize, threads: usize, title: Text) -> Result<Trace> {
    let next = AtomicUsize::new(0);
    let recorder = Recorder::new();
    thread::scope(|scope| {
        let mut workers = Vec::new();
        for i in 0..threads.min(requests) {
            let lane = recorder.lane(text!("스레드 {i}", "Thread {i}"));
            let next = &next;
            let worker = thread::Builder::new().spawn_scoped(scope, move || work(url, requests, next, lane));
            workers.push(worker.map_err(|e| {
                next.store(requests, Relaxed); // those that run already find nothing left
                Error::no_thread(&e)
            })?);
        }
        workers.into_iter().try_for_each(|worker| worker.join().expect("a worker does not panic"))
    })?;
    Ok(recorder.finish(title))
}

// ANCHOR: work
fn work(url: &str, requests: usize, next: &AtomicUsize, mut lane: LaneRecorder) -> Result<()> {
    while next.fetch_add(1, Relaxed) < requests {
        if let Err(e) = lane.during(State::WaitingForIo, || get(url)) {
            next.store(requests, Relaxed); // the others need not go on
            return Err(Error::failed(text!("{url}: 가져올 수 없습니다: {e}", "{url}: cannot be fetched: {e}")));
        }
    }
    Ok(())
}

/// One GET on a connection of its own, body and all. No proxy stands between us and what is measured.
fn get(url: &str) -> Result<(), String> {
    let answer = minreq::get(url).with_timeout(PATIENCE).send().map_err(|e| e.to_string())?;
    match answer.status_code {
        200..=299 => Ok(()),
        code => Err(format!("HTTP {code} {}", answer.reason_phrase)),
    }
}
// ANCHOR_END: work

/// Whether this is a URL that we can fetch.
fn check(url: &str) -> Result<String> {
    let has_host = |rest: &&str| !rest.is_empty() && !rest.starts_with(['/', '?', '#', ':']);
    let scheme = url.split_once("://").filter(|(_, rest)| has_host(rest)).map(|(scheme, _)| scheme);
    match scheme {
        Some("http") => Ok(url.to_owned()),
        Some("https") if cfg!(feature = "https") => Ok(url.to_owned()),
        Some("https") => Err(Error::usage(text!(
            "--url {url}: https는 `cargo run -p threading --features https -- fetch …`로 실행하십시오.",
            "--url {url}: for https run `cargo run -p threading --features https -- fetch …`."
        ))),
        _ => Err(Error::usage(text!(
            "--url {url}: http://호스트/… 꼴의 주소를 주십시오.",
            "--url {url}: give an address like http://host/…."
        ))),
    }
}

fn judge(on: &str, order: &Order, peak: usize) -> Verdict {
    if order.threads.min(order.requests) < 2 {
        return Verdict::not_measured(CLAIM, on, text!("기다리는 것이 하나뿐입니다", "there is only one to wait"));
    }
    Verdict::seen(CLAIM, on, peak > 1, text!("동시에 기다린 것 최대 {peak}개", "{peak} waited at once at the peak"))
}

fn served_by(order: &Order, url: &str) -> Text {
    let delay = clock::human(order.delay.as_nanos() as f64);
    let threads = order.threads;
    match order.url {
        Some(_) => text!("{url}, 스레드 {threads}개.", "{url}, {threads} threads."),
        None => text!(
            "이 프로그램이 연 루프백 서버({url})가 {delay} 뒤에 답합니다. 스레드 {threads}개.",
            "our own loopback server ({url}) answers after {delay}. {threads} threads."
        ),
    }
}
