//! Web requests, the article's use case for threads: in sequence, a thread for each request, and a bounded pool.
//!
//! Article: 멀티스레딩, "네트워크 요청". Run: `cargo run -p threading -- fetch`. Python twin: `python/fetch.py`.

pub mod client;
pub mod failure;
mod report;
pub mod targets;
pub mod techniques;

use std::path::PathBuf;
use std::time::Duration;

use lab::cli::{Experiment, FailOn, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::{Front, Report};
use lab::{Error, Result, text, twin_script};

use crate::overlap::CLAIM;
use crate::questions;
use report::SLEEP;
use targets::Targets;
use techniques::{Fetched, MAX_FAILURES, pool, sleeping, thread_per_request};

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
    let fail_on = options.fail_on();
    options.conflict(urls, given);
    options.conflict(urls, requests); // a list is fetched once
    options.conflict(urls, delay);
    options.conflict(given, delay);
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
            fail_on: a.get(fail_on),
        };
        run(&workload, a.pythons())
    })
    .asks(|_| questions::of_fetch())
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
    pub fail_on: FailOn,
}

impl Workload {
    /// How long the server takes to answer, if it is our own.
    fn own_delay(&self) -> Option<Duration> {
        (self.given.is_empty() && self.urls.is_none()).then_some(self.delay)
    }
}

/// Fetches in sequence, with a thread for each request and with a bounded pool.
pub fn run(workload: &Workload, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("threading/fetch");
    let targets = targets(workload)?;
    let (urls, timeout, threads) = (&targets.urls, workload.timeout, workload.threads);
    let sequence = pool(urls, 1, timeout, text!("순차 실행", "in sequence"))?;
    if sequence.failures(urls).len() >= urls.len().min(MAX_FAILURES) {
        return Err(nothing_fetched(&sequence, urls));
    }
    report::add(&mut report, "sequence", &sequence, urls);
    let each = at_once(workload, urls);
    match &each {
        Ok(each) => report::add(&mut report, "each", each, urls),
        Err(why) => report.notes.push(why.clone()),
    }
    let pooled = pool(urls, threads, timeout, text!("스레드 {threads}개의 풀", "a pool (threads: {threads})"))?;
    report::add(&mut report, "threads", &pooled, urls);
    // The pair of the sentence: one after another, and a few at once.
    report.front = vec![Front::Trace(0), Front::Trace(report.traces.len() - 1)];
    let asleep = match workload.own_delay() {
        Some(delay) => {
            Some(sleeping(urls, threads, delay, text!("요청 대신 sleep", "sleeping in the place of requests"))?)
        }
        None => None,
    };
    if let Some(asleep) = &asleep {
        report::add(&mut report, "sleep", asleep, urls);
    }
    let requests = report::judge(&sequence, &pooled, threads);
    let sleep = report::judge_sleep(&requests, asleep.as_ref().map(|asleep| &asleep.trace));
    report.verdicts.extend([requests, sleep]);
    let args = twin_args(workload, urls);
    python::join(&mut report, pythons, twin_script!("fetch"), &args, &[CLAIM, SLEEP], |python, twin| {
        let requests = report::judge_twin(python.to_string(), twin, urls.len(), threads);
        let asleep = asleep.as_ref().and_then(|_| twin.traces.get(1));
        let sleep = report::judge_sleep(&requests, asleep);
        vec![requests, sleep]
    });
    report.notes.push(targets.described);
    report.shows = report::shows(&sequence, &pooled, threads);
    let runs = [Some(&sequence), each.as_ref().ok(), Some(&pooled)];
    let code = |run: &Fetched| workload.fail_on.exit_code(run.answered(), run.outcomes.len());
    report.exit_code = runs.into_iter().flatten().map(code).max().unwrap_or(0);
    Ok(report)
}

fn targets(workload: &Workload) -> Result<Targets> {
    match (&workload.urls, workload.given.as_slice()) {
        (Some(path), _) => Targets::listed(path),
        (None, []) => Targets::own(workload.delay, workload.requests),
        (None, given) => {
            let targets = Targets::given(given, workload.requests)?;
            probe(&targets.urls[0], workload.timeout)?;
            Ok(targets)
        }
    }
}

/// One GET before all others, so that an unreachable server is reported at once.
fn probe(url: &str, timeout: Duration) -> Result<()> {
    client::get(&client::client(timeout), url).map(drop).map_err(|reason| {
        let Text { ko, en } = reason.text();
        Error::failed(text!("{url}: 가져올 수 없습니다: {ko}", "{url}: cannot be fetched: {en}"))
    })
}

fn nothing_fetched(sequence: &Fetched, urls: &[String]) -> Error {
    let first = failure::summary(&sequence.failures(urls)).into_iter().next().unwrap_or_default();
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

/// The list's file, or one address and how often to fetch it.
fn twin_args(workload: &Workload, urls: &[String]) -> Vec<String> {
    let (list, count) = match &workload.urls {
        Some(path) => (path.display().to_string(), "list".to_owned()),
        None => (urls[0].clone(), urls.len().to_string()),
    };
    let each = urls.len() <= MAX_AT_ONCE;
    let timeout = workload.timeout.as_secs_f64().to_string();
    let mut args = vec![list, count, workload.threads.to_string(), timeout, u8::from(each).to_string()];
    args.extend(workload.own_delay().map(|delay| delay.as_secs_f64().to_string()));
    args
}
