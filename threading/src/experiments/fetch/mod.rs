//! Web requests, the article's use case for threads: in sequence, a thread for each request, and a bounded pool.
//!
//! Article: 멀티스레딩, "네트워크 요청". Run: `cargo run -p threading -- fetch`. Python twin: `python/fetch.py`.

pub mod client;
pub mod failure;
mod plain;
pub mod targets;
pub mod techniques;

use std::path::PathBuf;
use std::time::Duration;

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Front, Measure, Report, Unit};
use lab::trace::{State, Trace};
use lab::{Error, Result, text, twin_script};
use loopback::Server;

use crate::overlap::{self, CLAIM};
use techniques::{Fetched, MAX_FAILURES, pool, thread_per_request};

/// More threads at once are not started: our own server takes about twice as many connections, with three descriptors each.
const MAX_AT_ONCE: usize = 1000;

/// `cargo run -p threading -- fetch`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("루프백 서버 대신 가져올 주소", "addresses to fetch instead of the loopback server's");
    let given = options.positional_words("url", about);
    let urls =
        options.path("urls", text!("가져올 주소의 목록, 한 줄에 하나씩", "a file of addresses to fetch, one per line"));
    let requests = options.size("requests", 1..=100_000, 12, text!("GET 요청 수", "number of GETs"));
    let about = text!("풀의 스레드 수", "threads of the pool");
    let threads = options.size("threads", 1..=1000, 4, about);
    let about = text!("루프백 서버가 응답하기까지의 시간(초)", "seconds until the loopback server answers");
    let delay = options.seconds("delay", 0.0..=10.0, 0.05, about);
    let timeout = options.timeout(1.0..=600.0, 30.0);
    let about =
        text!("웹 요청: 순차 실행, 요청마다 스레드, 풀", "web requests: in sequence, a thread per request, a pool");
    Experiment::new("fetch", about, options, move |a| {
        let workload = Workload {
            requests: a.get(requests),
            threads: a.get(threads),
            delay: a.get(delay),
            timeout: a.get(timeout),
            given: a.get(given),
            urls: a.get(urls),
        };
        run(&workload, a.pythons())
    })
}

#[derive(Clone, Debug)]
pub struct Workload {
    /// Number of GETs, if there is no list.
    pub requests: usize,
    /// Size of the pool.
    pub threads: usize,
    /// How long our own server takes to answer.
    pub delay: Duration,
    /// A request without an answer by then has failed.
    pub timeout: Duration,
    /// Addresses to fetch instead of our own server's, each equally often.
    pub given: Vec<String>,
    /// A file of addresses to fetch instead.
    pub urls: Option<PathBuf>,
}

/// Where the requests go.
struct Targets {
    urls: Vec<String>,
    described: Text,
    /// Our own server; it stops when this is dropped.
    _server: Option<Server>,
}

/// Fetches in sequence, with a thread for each request and with a bounded pool.
pub fn run(workload: &Workload, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("threading/fetch");
    let targets = targets(workload)?;
    let (urls, timeout) = (&targets.urls, workload.timeout);
    let sequence = pool(urls, 1, timeout, text!("순차 실행", "in sequence"))?;
    if sequence.failures.len() >= urls.len().min(MAX_FAILURES) {
        return Err(nothing_fetched(&sequence));
    }
    let slow = add(&mut report, "sequence", sequence, urls.len());
    match at_once(workload, urls) {
        Ok(fetched) => {
            add(&mut report, "each", fetched, urls.len());
        }
        Err(why) => report.notes.push(why),
    }
    let n = workload.threads;
    let fetched = pool(urls, n, timeout, text!("스레드 {n}개의 풀", "a pool (threads: {n})"))?;
    let fast = add(&mut report, "threads", fetched, urls.len());
    // The pair of the sentence: one after another, and a few at once.
    report.front = vec![Front::Trace(0), Front::Trace(report.traces.len() - 1)];
    let peak = peak_of(report.traces.last());
    report.verdicts.push(overlap::judge("Rust", workload.threads.min(urls.len()), peak, 2));
    let args = twin_args(workload, urls);
    python::join(&mut report, pythons, twin_script!("fetch"), &args, &[CLAIM], |python, twin| {
        vec![overlap::judge(python.to_string(), workload.threads.min(urls.len()), peak_of(twin.traces.last()), 2)]
    });
    report.notes.push(targets.described);
    report.shows = shows(urls.len(), n, slow, fast, peak);
    Ok(report)
}

fn targets(workload: &Workload) -> Result<Targets> {
    match (&workload.urls, workload.given.as_slice()) {
        (Some(_), [_, ..]) => Err(Error::usage(text!(
            "주소와 --urls 가운데 하나만 주십시오.",
            "give either addresses or --urls, not both."
        ))),
        (Some(path), []) => {
            let (urls, name) = (targets::list(path)?, path.display());
            let count = urls.len();
            let described = text!("{name}: 주소 {count}개.", "{name}: addresses: {count}.");
            Ok(Targets { urls, described, _server: None })
        }
        (None, given @ [_, ..]) => {
            let given: Vec<String> = given.iter().map(|url| targets::check("URL", url)).collect::<Result<_>>()?;
            probe(&given[0], workload.timeout)?;
            let described = Text::same(format!("{}.", given.join(", ")));
            let urls = given.into_iter().cycle().take(workload.requests).collect();
            Ok(Targets { urls, described, _server: None })
        }
        (None, []) => {
            let server = Server::start(workload.delay)?;
            let (url, delay) = (server.url(), unit::duration(workload.delay.as_nanos() as f64));
            let described = text!(
                "이 프로그램이 연 루프백 서버({url})가 {delay} 뒤에 응답합니다.",
                "our own loopback server ({url}) answers after {delay}."
            );
            Ok(Targets { urls: vec![url; workload.requests], described, _server: Some(server) })
        }
    }
}

/// One GET before all others, so that an unreachable server is reported at once.
fn probe(url: &str, timeout: Duration) -> Result<()> {
    client::get(url, timeout).map_err(|reason| {
        let Text { ko, en } = reason.text();
        Error::failed(text!("{url}: 가져올 수 없습니다: {ko}", "{url}: cannot be fetched: {en}"))
    })
}

fn nothing_fetched(sequence: &Fetched) -> Error {
    let first = failure::summary(&sequence.failures).into_iter().next().unwrap_or_default();
    let (ko, en) = (first.ko, first.en);
    Error::failed(text!("아무것도 가져오지 못했습니다: {ko}", "nothing could be fetched: {en}"))
}

/// A thread for each request, or why that was not measured.
fn at_once(workload: &Workload, urls: &[String]) -> Result<Fetched, Text> {
    let title = || text!("요청마다 스레드", "a thread per request");
    let count = urls.len();
    let fetched = match count {
        0..=MAX_AT_ONCE => thread_per_request(urls, workload.timeout, title()).map_err(|e| e.text().clone()),
        _ => Err(text!("스레드 {count}개를 한꺼번에 띄우지는 않습니다", "{count} threads at once would be too many")),
    };
    fetched.map_err(|why| {
        let Text { ko, en } = title();
        Text { ko: format!("{ko}: 측정하지 않음: {}", why.ko), en: format!("{en}: not measured: {}", why.en) }
    })
}

/// Adds the results of a technique to the report. Returns its wall time in ns.
fn add(report: &mut Report, id: &str, fetched: Fetched, requests: usize) -> f64 {
    let wall = fetched.trace.duration() as f64;
    let title = fetched.trace.title.clone();
    report.measures.push(Measure::new(format!("wall.{id}"), title.clone(), Unit::Ns, vec![wall]));
    if !fetched.failures.is_empty() {
        let failed = fetched.failures.len();
        let name = Text { ko: format!("{}: 실패", title.ko), en: format!("{}: failed", title.en) };
        report.measures.push(Measure::new(format!("failed.{id}"), name, Unit::Count, vec![failed as f64]));
        report.notes.extend(
            failure::summary(&fetched.failures).into_iter().map(|line| Text {
                ko: format!("{}: {}", title.ko, line.ko),
                en: format!("{}: {}", title.en, line.en),
            }),
        );
        if failed >= MAX_FAILURES && failed < requests {
            report.notes.push(text!(
                "{failed}번 실패한 뒤 나머지는 보내지 않았습니다.",
                "after {failed} failures the rest were not sent."
            ));
        }
    }
    report.traces.push(fetched.trace);
    wall
}

fn peak_of(trace: Option<&Trace>) -> usize {
    trace.map_or(0, |trace| trace.peak_in_flight(&[State::WaitingForIo]))
}

/// The list's file, or one address and how often to fetch it.
fn twin_args(workload: &Workload, urls: &[String]) -> Vec<String> {
    let (list, count) = match &workload.urls {
        Some(path) => (path.display().to_string(), "list".to_owned()),
        None => (urls[0].clone(), urls.len().to_string()),
    };
    let each = urls.len() <= MAX_AT_ONCE;
    let timeout = workload.timeout.as_secs_f64().to_string();
    vec![list, count, workload.threads.to_string(), timeout, u8::from(each).to_string()]
}

fn shows(requests: usize, threads: usize, slow: f64, fast: f64, peak: usize) -> Text {
    let gain = slow / fast;
    let (slow, fast) = (unit::duration(slow), unit::duration(fast));
    text!(
        "GET {requests}번에 걸린 시간은 순차 실행 {slow}, 스레드 {threads}개의 풀 {fast}({gain:.2}배)입니다. 동시에 최대 {peak}개가 응답을 기다렸습니다. 기다리는 시간은 GIL이 있어도 겹칩니다.",
        "GETs: {requests}. In sequence {slow}, with a pool (threads: {threads}) {fast} ({gain:.2}×). At most {peak} waited for an answer at once. Waiting overlaps, with or without a GIL."
    )
}
