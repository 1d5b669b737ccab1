//! Runs one of the six programs of lab 13 as tasks, threads and processes and records it, with what was predicted. It judges nothing.
//!
//! The jobs talk to a server of ours: it answers when all have asked, or when nobody else comes for a while. The scenario
//! `job PROGRAM NUMBER PORT` is one job in a process of its own.

use std::hint::black_box;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{env, thread};

use kit::compute::{Overlaps, compute, is_clock_fine};
use kit::{Lane, Meeting, Recorded, Run, State, clock, serde_json, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::submission::PREDICTIONS;

const JOBS: usize = 3;
/// How long a job computes.
const CPU: Duration = Duration::from_millis(20);
/// How often, on a machine on which the jobs do not happen to compute at the same instant.
const MOST: usize = 5;

pub fn run(scenario: &str, run: &Run) {
    run.title(text!("어떤 기법?", "which technique?"));
    if let Some(job) = scenario.strip_prefix("job ") {
        return one_job(job, run);
    }
    let predicted = PREDICTIONS.iter().find(|(program, _)| *program == scenario).map(|(_, technique)| *technique);
    run.fact("predicted", predicted);
    run.fact("clock_fine", is_clock_fine());
    run.fact("cores", thread::available_parallelism().map_or(1, usize::from));
    technique(run, "tasks", scenario, as_tasks);
    technique(run, "threads", scenario, as_threads);
    technique(run, "processes", scenario, as_processes);
}

/// One technique: its lanes, and their numbers as a fact.
fn technique(run: &Run, name: &str, program: &str, run_as: fn(&str, &[Lane], u16)) {
    let lanes: Vec<Lane> = (0..JOBS)
        .map(|i| match name {
            "tasks" => run.lane(text!("태스크 {i}", "tasks {i}")),
            "threads" => run.lane(text!("스레드 {i}", "threads {i}")),
            _ => run.lane(text!("프로세스 {i}", "processes {i}")),
        })
        .collect();
    let first = ["tasks", "threads", "processes"].iter().position(|one| *one == name).unwrap_or(0) * JOBS;
    run.fact(name, (first..first + JOBS).collect::<Vec<_>>());
    let server = Server::start();
    run_as(program, &lanes, server.port);
}

// The six programs: job number i of each.

enum Job {
    /// It awaits what it waits for.
    Async,
    /// It blocks or computes.
    Plain(fn(&Lane, usize, u16)),
}

fn program(name: &str) -> Job {
    match name {
        "pages" | "chain" => Job::Async,
        "old_client" => Job::Plain(old_client),
        "count" => Job::Plain(count),
        "one_lock" => Job::Plain(one_lock),
        "checksum" => Job::Plain(checksum),
        other => panic!("no scenario {other}"),
    }
}

async fn run_async(name: &str, lane: &Lane, i: usize, port: u16) {
    if name == "chain" && i > 0 {
        lane.enter(State::Idle);
        ask_async(port, &format!("after {}", i - 1)).await;
    }
    lane.enter(State::WaitingForIo);
    ask_async(port, &format!("page {i}")).await;
    lane.leave();
    // Not before the lane has left, or the next one would seem to overlap.
    ask_async(port, &format!("done {i}")).await;
}

fn old_client(lane: &Lane, i: usize, port: u16) {
    lane.during(State::WaitingForIo, || _ = ask(port, &format!("page {i}")));
}

fn count(lane: &Lane, i: usize, port: u16) {
    computing(lane, i, port, || {
        black_box((0..300_u64).fold(0, |total, n| black_box(total) + n));
    });
}

/// One in each process.
static LOCK: Mutex<u64> = Mutex::new(0);

fn one_lock(lane: &Lane, i: usize, port: u16) {
    lane.enter(State::WaitingForLock);
    let _held = LOCK.lock().expect("no job panics");
    lane.leave();
    count(lane, i, port);
}

fn checksum(lane: &Lane, i: usize, port: u16) {
    let block = [7_u8; 2048];
    computing(lane, i, port, || {
        let sum = black_box(&block).iter().fold(0, |sum: u64, byte| sum.rotate_left(5) ^ u64::from(*byte));
        *LOCK.lock().expect("no job panics") ^= sum;
    });
}

fn computing(lane: &Lane, i: usize, port: u16, mut work: impl FnMut()) {
    // So that all that can be there at the same time begin at the same time.
    lane.during(State::Idle, || _ = ask(port, &format!("page {i}")));
    for _ in 0..MOST {
        let ran = compute(lane, i, CPU, &mut work);
        let times: String = ran.iter().map(|(start, end)| format!(" {start} {end}")).collect();
        if lane.during(State::Idle, || ask(port, &format!("ran {i}{times}"))) == "enough" {
            break;
        }
    }
    ask(port, &format!("done {i}"));
}

// The three techniques.

fn one_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts")
}

fn as_tasks(name: &str, lanes: &[Lane], port: u16) {
    let job = |i: usize| async move {
        match program(name) {
            Job::Async => run_async(name, &lanes[i], i, port).await,
            Job::Plain(job) => job(&lanes[i], i, port),
        }
    };
    one_thread().block_on(async { tokio::join!(job(0), job(1), job(2)) });
}

/// One job on this thread.
fn run_one(name: &str, lane: &Lane, i: usize, port: u16) {
    match program(name) {
        Job::Async => one_thread().block_on(run_async(name, lane, i, port)),
        Job::Plain(job) => job(lane, i, port),
    }
}

fn as_threads(name: &str, lanes: &[Lane], port: u16) {
    thread::scope(|scope| {
        for (i, lane) in lanes.iter().enumerate() {
            scope.spawn(move || run_one(name, lane, i, port));
        }
    });
}

fn as_processes(name: &str, lanes: &[Lane], port: u16) {
    let this = env::current_exe().expect("the program knows its path");
    let job = |i| {
        let mut command = Command::new(&this);
        command.arg(format!("job {name} {i} {port}")).env_remove("KIT_OUT");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("a process starts")
    };
    let jobs: Vec<_> = (0..JOBS).map(job).collect();
    for (job, lane) in jobs.into_iter().zip(lanes) {
        let said = job.wait_with_output().expect("a process can be waited for");
        let recorded: Recorded = serde_json::from_slice(&said.stdout).expect("a job says what it recorded");
        if let Some(why) = recorded.failed {
            panic!("a process failed: {why}");
        }
        for span in recorded.trace.lanes.iter().flat_map(|lane| &lane.spans) {
            lane.span(span.state, span.start, span.end);
        }
    }
}

/// `PROGRAM NUMBER PORT`, in a process of its own.
fn one_job(job: &str, run: &Run) {
    let words: Vec<&str> = job.split(' ').collect();
    let [name, i, port] = words[..] else { panic!("no job {job}") };
    let (i, port): (usize, u16) = (i.parse().expect("a number"), port.parse().expect("a port"));
    ask(port, &format!("ready {i}"));
    run_one(name, &run.lane(text!("작업", "job")), i, port);
}

// The server, and its two clients.

struct Server {
    port: u16,
    closed: Arc<AtomicBool>,
}

/// What the requests wait for, and what is known of the jobs.
struct Pages {
    /// All processes are up.
    ready: Meeting,
    /// All jobs have asked.
    asked: Meeting,
    /// The job of this number has asked.
    there: [AtomicBool; JOBS],
    /// The job of this number has what it wanted.
    done: [AtomicBool; JOBS],
    overlaps: Overlaps,
}

impl Server {
    fn start() -> Server {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let pages = Pages {
            ready: Meeting::new(JOBS, 1000),
            asked: Meeting::new(JOBS, 20),
            there: Default::default(),
            done: Default::default(),
            overlaps: Overlaps::default(),
        };
        let (pages, closed) = (Arc::new(pages), Arc::new(AtomicBool::new(false)));
        let is_closed = Arc::clone(&closed);
        thread::spawn(move || {
            for connection in listener.incoming() {
                if is_closed.load(Ordering::SeqCst) {
                    return;
                }
                let pages = Arc::clone(&pages);
                // A client that is gone needs no answer.
                thread::spawn(move || connection.is_ok_and(|connection| pages.answer(connection).is_ok()));
            }
        });
        Server { port, closed }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        // Wakes it, so that it sees that.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Pages {
    fn answer(&self, mut connection: TcpStream) -> std::io::Result<()> {
        let mut line = String::new();
        BufReader::new(&connection).read_line(&mut line)?;
        let mut words = line.split_whitespace();
        let word = words.next().unwrap_or_default();
        let numbers: Vec<u64> = words.filter_map(|word| word.parse().ok()).collect();
        let (i, times) = numbers.split_first().ok_or(ErrorKind::InvalidData)?;
        let i = *i as usize % JOBS;
        let mut answer = "ok";
        match word {
            "ready" => _ = self.ready.wait(),
            "done" => self.done[i].store(true, Ordering::SeqCst),
            "after" => {
                let end = clock::now() + 60_000_000_000;
                while !self.done[i].load(Ordering::SeqCst) && clock::now() < end {
                    thread::sleep(Duration::from_millis(1));
                }
            }
            "ran" => {
                let ran: Vec<_> = times.chunks_exact(2).map(|time| (time[0], time[1])).collect();
                answer = if self.overlaps.add(i, &ran) || self.is_alone(i) { "enough" } else { "more" };
            }
            _ => {
                self.there[i].store(true, Ordering::SeqCst);
                self.asked.wait();
            }
        }
        connection.write_all(format!("{answer}\n").as_bytes())
    }

    /// Whether no other job is there that is not done.
    fn is_alone(&self, i: usize) -> bool {
        let is_there = |n: usize| self.there[n].load(Ordering::SeqCst) && !self.done[n].load(Ordering::SeqCst);
        (0..JOBS).all(|n| n == i || !is_there(n))
    }
}

/// A request with a client that blocks its thread. The answer.
fn ask(port: u16, line: &str) -> String {
    let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the server is up");
    writeln!(connection, "{line}").expect("the server listens");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("the server answers");
    answer.trim_end().to_owned()
}

/// The same request with a client that awaits.
async fn ask_async(port: u16, line: &str) {
    let connection = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
    let mut connection = connection.expect("the server is up");
    connection.write_all(format!("{line}\n").as_bytes()).await.expect("the server listens");
    connection.read_to_string(&mut String::new()).await.expect("the server answers");
}
