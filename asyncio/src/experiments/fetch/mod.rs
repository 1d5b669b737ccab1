//! An API client, the article's other use case for asyncio: thousands of calls with bounded concurrency, timeouts, retries,
//! cancellation, and results in a file.
//!
//! Article: asyncio, "API 호출". Run: `cargo run -p asyncio -- fetch --requests 10000 --concurrency 1000`. Python twin:
//! `python/fetch.py` (asyncio, aiohttp, threads with http.client, threads with requests).

pub mod attempt;
pub mod ndjson;
mod plan;
mod report;
pub mod retry;
pub mod summary;
pub mod target;
pub mod workers;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lab::cli::{self, Experiment};
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::Report;
use lab::trace::Recorder;
use lab::{Error, Result, clock, text};
use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use web::{Options, Server, descriptors};

use crate::ctrl_c::Interrupt;
use crate::fault_injection::ServerOptions;
use ndjson::Sink;
pub use plan::FetchPlan;
use plan::Outcome;
use retry::Retry;
use summary::Summary;
use target::Target;
use workers::{Gauge, Shared};

/// Number of workers with a lane in the drawing.
const DRAWN: usize = 10;
/// Capacity of the queue of records from the workers.
const QUEUE: usize = 1024;

/// Upper bound for the pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// `cargo run -p asyncio -- fetch`.
pub fn command() -> Experiment {
    let mut options = cli::Options::new();
    let about = text!("자체 서버 대신 호출할 http 주소", "http addresses to call instead of our own server");
    let given = options.positional_words("url", about);
    let about = text!("주소가 한 줄에 하나씩 있는 파일", "a file of addresses, one per line");
    let urls = options.path("urls", about);
    let requests = options.size("requests", 1..=10_000_000, 1000, text!("요청 수", "number of requests"));
    let concurrency =
        options.size("concurrency", 1..=100_000, 100, text!("동시에 보낼 요청 수", "number of requests in flight"));
    let about = text!("시도 한 번의 시간 제한", "time limit for one attempt");
    let timeout = options.seconds("timeout", 0.001..=600.0, 2.0, about);
    let retries = options.count("retries", 0..=100, 3, text!("최대 재시도 횟수", "maximum number of retries"));
    let about = text!(
        "첫 재시도 전 최대 대기 시간, 재시도마다 두 배",
        "longest pause before the first retry, doubled for each further one"
    );
    let backoff = options.seconds("backoff", 0.0..=60.0, 0.1, about);
    let out = options.output("out", text!("결과를 NDJSON으로 저장할 파일", "file for the results, as NDJSON"));
    let served = ServerOptions::declare(&mut options);
    let about = text!(
        "API 클라이언트: 동시성 제한, 재시도, 취소, NDJSON",
        "an API client: limits, retries, cancellation, NDJSON"
    );
    Experiment::new("fetch", about, options, move |a| {
        let (file, faults) = (a.get(urls), served.faults(a)?);
        let targets = targets(&a.get(given), file.as_deref())?;
        if faults.any() && !targets.is_empty() {
            return Err(Error::usage(text!(
                "--inject는 자체 서버에만 적용됩니다. 주소나 --urls와 함께 쓸 수 없습니다.",
                "--inject applies only to our own server. Do not combine it with addresses or --urls."
            )));
        }
        let most = u32::try_from(a.get(retries)).expect("the option's upper bound is small");
        let plan = FetchPlan {
            // A file's addresses are called once each.
            calls: if file.is_some() { targets.len() } else { a.get(requests) },
            targets,
            concurrency: a.get(concurrency),
            delay: a.get(served.delay),
            faults,
            timeout: a.get(timeout),
            retry: Retry { most, base: a.get(backoff), cap: LONGEST_PAUSE },
            seed: a.get(served.seed),
            out: a.get(out),
        };
        run(&plan, a.pythons())
    })
}

/// The given addresses; empty for our own server.
fn targets(given: &[String], file: Option<&Path>) -> Result<Vec<Target>> {
    match (given, file) {
        (given, None) => given.iter().map(|url| Target::parse(url, "URL")).collect(),
        ([], Some(path)) => target::read(path),
        (_, Some(_)) => {
            Err(Error::usage(text!("주소와 --urls 중 하나만 주십시오.", "give either addresses or --urls, not both.")))
        }
    }
}

/// Makes the calls. The twin makes the same calls if they go to our own server and no faults are injected.
pub fn run(plan: &FetchPlan, pythons: &[Interpreter]) -> Result<Report> {
    reserve_descriptors(plan)?;
    let server = plan.targets.is_empty().then(|| start(plan)).transpose()?;
    let own = server.as_ref().map(|server| Target::parse(&server.url(), "")).transpose()?;
    let targets = if let Some(own) = own { vec![own] } else { plan.targets.clone() };
    let sink = plan.out.as_deref().map(Sink::create).transpose()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut interrupt = runtime.block_on(async { Interrupt::listen() })?;
    let done = runtime.block_on(make_calls(plan, targets, sink.as_ref(), &mut interrupt))?;
    if let (Some(sink), Some(path)) = (sink, &plan.out) {
        sink.finish(path)?;
    }
    if done.interrupted {
        return Err(interrupted(plan, &done.summary));
    }
    // The remaining work, the twins' runs, leaves nothing to save on Ctrl-C.
    interrupt.exit_when_received(runtime);
    Ok(report::report(plan, done, server.as_ref(), pythons))
}

/// Raises the limit on open files as far as needed. Our own server is in this process, so each connection to it takes two files.
fn reserve_descriptors(plan: &FetchPlan) -> Result<()> {
    let concurrency = plan.concurrency.min(plan.calls);
    let files = if plan.targets.is_empty() { 2 } else { 1 };
    descriptors::make_room((concurrency * files) as u64).map_err(|room| {
        let room = room / files as u64;
        Error::failed(text!(
            "--concurrency {concurrency}: 열린 파일 수의 하드 한도(ulimit -Hn) 때문에 {room}까지만 됩니다.",
            "--concurrency {concurrency}: the hard limit on open files (ulimit -Hn) allows only {room}."
        ))
    })
}

fn start(plan: &FetchPlan) -> Result<Server> {
    let mut options = Options { delay: plan.delay, faults: plan.faults, seed: plan.seed, ..Options::default() };
    // After a timeout the server still holds the old connection for a while, beside the new one.
    options.limits.connections = options.limits.connections.max(2 * plan.concurrency);
    options.limits.never = options.limits.never.min(2 * plan.timeout);
    Ok(Server::start(options)?)
}

async fn make_calls(
    plan: &FetchPlan,
    targets: Vec<Target>,
    sink: Option<&Sink>,
    interrupt: &mut Interrupt,
) -> Result<Outcome> {
    let (stop, stopped) = watch::channel(false);
    let FetchPlan { calls, concurrency, timeout, retry, seed, .. } = *plan;
    let (next, in_flight) = (0.into(), Gauge::default());
    let shared = Arc::new(Shared { targets, calls, timeout, retry, seed, stop: stopped, next, in_flight });
    let (sender, mut records) = mpsc::channel(QUEUE);
    let recorder = Recorder::new();
    let start = clock::now();
    let mut workers = JoinSet::new();
    for n in 0..concurrency.min(calls) {
        let lane = (n < DRAWN).then(|| recorder.lane(text!("워커 {n}", "worker {n}")));
        workers.spawn(workers::work(Arc::clone(&shared), sender.clone(), lane));
    }
    drop(sender); // so that `recv` returns `None` once the last worker has ended
    let bar = progress::calls(calls);
    let mut summary = Summary::default();
    loop {
        tokio::select! {
            record = records.recv() => {
                let Some(record) = record else { break };
                summary.add(&record);
                bar.inc(1);
                if let Some(sink) = sink && !sink.write(&record).await {
                    break; // the workers end when their records are not received; `Sink::finish` reports the error
                }
            }
            () = interrupt.received() => drop(stop.send(true)),
        }
    }
    bar.finish_and_clear();
    let wall = (clock::now() - start) as f64;
    workers.shutdown().await;
    let (peak, interrupted) = (shared.in_flight.peak(), *stop.borrow());
    let trace = recorder.finish(trace_title(concurrency.min(calls)));
    Ok(Outcome { summary, trace, wall, peak, interrupted })
}

fn trace_title(workers: usize) -> Text {
    let drawn = workers.min(DRAWN);
    text!(
        "Rust, tokio current_thread: 워커 {workers}개 중 {drawn}개",
        "Rust, tokio current_thread: {drawn} of {workers} workers"
    )
}

/// The error after Ctrl-C. It reports the calls that have ended, whose results are kept.
fn interrupted(plan: &FetchPlan, summary: &Summary) -> Error {
    let (calls, ended, ok) = (plan.calls, summary.ended(), summary.ok());
    let cancelled = summary.ends.get("cancelled").copied().unwrap_or(0);
    let finished = ended - cancelled;
    let lines = plan.out.as_ref().map(|path| path.display().to_string());
    let (ko, en) = match lines {
        Some(path) => (format!(" {path}에 {ended}줄을 저장했습니다."), format!(" {ended} lines are in {path}.")),
        None => Default::default(),
    };
    Error::failed(text!(
        "중단됨: 호출 {calls}개 중 {finished}개가 끝났고(성공 {ok}개) {cancelled}개를 취소했습니다.{ko}",
        "interrupted: {finished} of {calls} calls had ended ({ok} succeeded), and {cancelled} were cancelled.{en}"
    ))
}
