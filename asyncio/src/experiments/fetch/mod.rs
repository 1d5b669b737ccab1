//! An API client, the article's other use case for asyncio: thousands of calls with bounded concurrency, timeouts, retries,
//! cancellation, and results in a file.
//!
//! Article: asyncio, "API 호출". Run: `cargo run -p asyncio -- fetch --requests 10000 --concurrency 1000`. Python twin:
//! `python/fetch.py` (asyncio, aiohttp, threads with http.client, threads with requests). `python/fetch/` does the whole job, with retries
//! and results: with aiohttp, with httpx, and with asyncio's streams; `benches/clients` compares them.

pub mod answered;
pub mod attempt;
mod decode;
pub mod failure;
pub mod follow;
pub mod keep;
pub mod lane;
pub mod list;
pub mod ndjson;
mod options;
pub mod pace;
mod plan;
pub mod proxy;
mod report;
pub mod request;
pub mod resume;
pub mod retry;
pub mod source;
pub mod summary;
pub mod target;
pub mod template;
pub mod tls;
pub mod workers;

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
use follow::Sending;
use lane::Lane;
use ndjson::Sink;
use options::FetchOptions;
use pace::Pace;
use plan::Outcome;
pub use plan::{FetchPlan, Targets};
use resume::Done;
use source::Source;
use summary::Summary;
use target::Target;
use tls::Tls;
use workers::Shared;

/// Number of workers with a lane in the drawing.
const DRAWN: usize = 10;
/// Capacity of the queue of records from the workers.
const QUEUE: usize = 1024;
/// The most records that are handled at once.
const BATCH: usize = 64;

/// `cargo run -p asyncio -- fetch`.
pub fn command() -> Experiment {
    let mut options = cli::Options::new();
    let fetch = FetchOptions::declare(&mut options);
    let about = text!(
        "API 클라이언트: 동시성 제한, 재시도, 취소, NDJSON",
        "an API client: limits, retries, cancellation, NDJSON"
    );
    Experiment::new("fetch", about, options, move |a| run(&fetch.plan(a)?, a.pythons()))
}

/// Makes the calls. The twin makes the same calls if they go to our own server and no faults are injected.
pub fn run(plan: &FetchPlan, pythons: &[Interpreter]) -> Result<Report> {
    reserve_descriptors(plan)?;
    let tls = tls(plan)?;
    plan.keep.prepare()?;
    let server = plan.targets.own().map(|(delay, faults)| start(plan, delay, faults)).transpose()?;
    let (source, done_before) = source(plan, server.as_ref())?;
    let sink = match &plan.out {
        Some(path) if plan.resume => Some(Sink::append(path)?),
        path => path.as_deref().map(Sink::create).transpose()?,
    };
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut interrupt = runtime.block_on(async { Interrupt::listen() })?;
    let (done, list_error) = runtime.block_on(make_calls(plan, tls, source, sink.as_ref(), &mut interrupt))?;
    if let (Some(sink), Some(path)) = (sink, &plan.out) {
        sink.finish(path)?;
    }
    if done.interrupted {
        return Err(interrupted(plan, &done.summary));
    }
    if let Some(error) = list_error {
        return Err(error);
    }
    keep::wait_for_writers();
    // The remaining work, the twins' runs, leaves nothing to save on Ctrl-C.
    interrupt.exit_when_received(runtime);
    Ok(report::report(plan, Outcome { done_before, ..done }, server.as_ref(), pythons))
}

#[cfg(not(feature = "https"))]
fn tls(_: &FetchPlan) -> Result<Tls> {
    Ok(Tls)
}

/// The TLS configuration. The warning for `--insecure` is printed at once; it is also in the report.
#[cfg(feature = "https")]
fn tls(plan: &FetchPlan) -> Result<Tls> {
    if plan.trust == tls::Trust::Unverified {
        lab::terminal::complain(&report::insecure());
    }
    Tls::new(&plan.trust)
}

/// The calls to make, and the number of calls that an earlier run has completed.
fn source(plan: &FetchPlan, server: Option<&Server>) -> Result<(Source, usize)> {
    let (done, rewritten) = match &plan.out {
        Some(path) if plan.resume => resume::prepare(path)?,
        _ => Default::default(),
    };
    let before = done.count();
    let source = match (&plan.targets, server) {
        (Targets::Own { .. }, None) => unreachable!("the server was started"),
        (Targets::Own { .. }, Some(server)) => {
            let own = Target::parse(&server.url(), "")?;
            Source::cycle(vec![own], plan.calls.unwrap_or(0), done)
        }
        (Targets::Given(targets), _) => {
            let calls = plan.calls.unwrap_or(0);
            let urls = targets.iter().cycle().take(calls).map(|target| &*target.url);
            urls.enumerate().try_for_each(|(call, url)| check_call(&done, call, url, None))?;
            Source::cycle(targets.clone(), calls, done)
        }
        (Targets::List(list), _) => {
            if plan.resume && plan.calls.is_some() {
                list.check(|call, listed| check_call(&done, call, &listed.url, listed.checksum))?;
            }
            Source::list(list.open()?, done)
        }
    };
    rewritten.commit()?;
    Ok((source, before))
}

/// An error if an earlier run made this call with another URL or row.
fn check_call(done: &Done, call: usize, url: &str, checksum: Option<u32>) -> Result<()> {
    match done.agrees(call, url, checksum) {
        true => Ok(()),
        false => Err(Error::usage(text!(
            "--resume: 호출 {call}의 주소나 행이 결과 파일과 다릅니다. 다른 목록의 결과 파일인 것 같습니다.",
            "--resume: call {call} has another address or row in the result file. The file seems to belong to another list."
        ))),
    }
}

/// Raises the limit on open files as far as needed. Our own server is in this process, so each connection to it takes two files.
fn reserve_descriptors(plan: &FetchPlan) -> Result<()> {
    let concurrency = plan.workers();
    let files = if plan.targets.own().is_some() { 2 } else { 1 };
    descriptors::make_room((concurrency * files) as u64).map_err(|room| {
        let room = room / files as u64;
        Error::failed(text!(
            "--concurrency {concurrency}: 열린 파일 수의 하드 한도(ulimit -Hn) 때문에 {room}까지만 됩니다.",
            "--concurrency {concurrency}: the hard limit on open files (ulimit -Hn) allows only {room}."
        ))
    })
}

fn start(plan: &FetchPlan, delay: Duration, faults: web::Faults) -> Result<Server> {
    let mut options = Options { delay, faults, seed: plan.seed, ..Options::default() };
    // After a timeout the server still holds the old connection for a while, beside the new one.
    options.limits.connections = options.limits.connections.max(2 * plan.concurrency);
    options.limits.never = options.limits.never.min(2 * plan.timeout);
    Ok(Server::start(options)?)
}

async fn make_calls(
    plan: &FetchPlan,
    tls: Tls,
    source: Source,
    sink: Option<&Sink>,
    interrupt: &mut Interrupt,
) -> Result<(Outcome, Option<Error>)> {
    let (stop, stopped) = watch::channel(false);
    let sending = Sending {
        request: plan.request.clone(),
        timeout: plan.timeout,
        redirects: plan.redirects,
        pace: Pace::new(plan.interval, plan.per_host),
        keep: Arc::new(plan.keep.clone()),
    };
    let FetchPlan { retry, deadline, seed, .. } = *plan;
    let shared =
        Arc::new(Shared { source, sending, retry, deadline, seed, stop: stopped, tls, proxies: plan.proxies.clone() });
    let (sender, mut records) = mpsc::channel(QUEUE);
    let recorder = Recorder::new();
    let start = clock::now();
    let mut workers = JoinSet::new();
    for n in 0..plan.workers() {
        let lane = Lane::new((n < DRAWN).then(|| recorder.lane(text!("워커 {n}", "worker {n}"))));
        workers.spawn(workers::work(Arc::clone(&shared), sender.clone(), lane));
    }
    drop(sender); // so that `recv` returns `None` once the last worker has ended
    let bar = plan.calls.map_or_else(progress::uncounted, progress::calls);
    let (mut summary, mut batch) = (Summary::default(), Vec::with_capacity(BATCH));
    loop {
        tokio::select! {
            received = records.recv_many(&mut batch, BATCH) => {
                if received == 0 {
                    break;
                }
                batch.iter().for_each(|record| summary.add(record));
                bar.inc(received as u64);
                if let Some(sink) = sink && !sink.write(&batch).await {
                    break; // the workers end when their records are not received; `Sink::finish` reports the error
                }
                batch.clear();
            }
            () = interrupt.received() => drop(stop.send(true)),
        }
    }
    bar.finish_and_clear();
    let wall = (clock::now() - start) as f64;
    workers.shutdown().await;
    let interrupted = *stop.borrow();
    let trace = recorder.finish(trace_title(plan.workers()));
    Ok((Outcome { summary, trace, wall, done_before: 0, interrupted }, shared.source.error()))
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
    let (ended, ok) = (summary.ended(), summary.ok());
    let cancelled = summary.ends.get("cancelled").copied().unwrap_or(0);
    let finished = ended - cancelled;
    let lines = plan.out.as_ref().map(|path| path.display().to_string());
    let (ko, en) = match lines {
        Some(path) => (format!(" {path}에 {ended}줄을 저장했습니다."), format!(" Lines in {path}: {ended}.")),
        None => Default::default(),
    };
    let (ended_ko, ended_en) = match plan.calls {
        Some(calls) => (format!("호출 {calls}개 중 {finished}개"), format!("{finished} of {calls}")),
        None => (format!("호출 {finished}개"), finished.to_string()),
    };
    Error::failed(text!(
        "중단됨: {ended_ko}가 끝났고(성공 {ok}개) {cancelled}개를 취소했습니다.{ko}",
        "interrupted: calls that had ended: {ended_en} (succeeded: {ok}), cancelled: {cancelled}.{en}"
    ))
}
