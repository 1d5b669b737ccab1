//! A web server by each technique, and clients that keep it busy from a process of their own.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use gil_sim::{Gil, Held, ThreadId};
use lab::report::{Measure, Report};
use lab::{Error, Result, python, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::plan::{LIMIT, SERVER_WAITS, Technique};
use super::units::{self, Check};

/// The arguments of a process of clients for so many connections to this address.
pub type Clients = fn(usize, &str) -> Vec<String>;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
/// A longer request is not our client's.
const LONGEST: usize = 8 * 1024;

/// What a server did: requests answered, and how many per second its clients counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Served {
    pub answered: Check,
    pub rate: f64,
}

/// Serves so many connections, one after another, or each in a thread.
pub fn blocking(connections: usize, technique: Technique, gil: Option<&Gil>, load: Clients) -> Result<Served> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let clients = thread::spawn(move || clients(&load(connections, &address.to_string())));
    let accept = || -> Result<TcpStream> { Ok(listener.accept()?.0) };
    let answered = match technique {
        Technique::Sequence => units::sequence(connections, |i| serve(accept()?, i, gil))?,
        // Each thread accepts for itself: a thread for each connection all the same.
        _ => units::threads(connections, |i| serve(accept()?, i, gil))?,
    };
    finished(answered, clients.join().expect("the clients do not panic")?)
}

/// Serves so many connections, each in a task.
pub fn in_tasks(connections: usize, gil: Option<Arc<Gil>>, load: Clients) -> Result<Served> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let clients = thread::spawn(move || clients(&load(connections, &address.to_string())));
    let answered = units::on_event_loop(gil, async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let mut tasks = Vec::new();
        for _ in 0..connections {
            tasks.push(tokio::spawn(serve_async(listener.accept().await?.0)));
        }
        let mut answered = Vec::new();
        for task in tasks {
            answered.push(task.await.map_err(|e| Error::failed(text!("태스크: {e}", "a task: {e}")))??);
        }
        Ok(answered)
    })?;
    finished(answered, clients.join().expect("the clients do not panic")?)
}

fn finished(answered: Vec<Check>, rate: f64) -> Result<Served> {
    Ok(Served { answered: answered.iter().sum(), rate })
}

/// Runs the clients; returns the answers per second.
fn clients(args: &[String]) -> Result<f64> {
    let report: Report = python::own(args, LIMIT).map_err(Error::failed)?;
    let rate = report.measure("rate").map(Measure::median);
    rate.ok_or_else(|| Error::failed(text!("클라이언트의 보고서가 비었습니다", "the clients report nothing")))
}

/// Answers the requests of one connection until it is closed. Waiting and I/O release the GIL.
fn serve(mut stream: TcpStream, i: usize, gil: Option<&Gil>) -> Result<Check> {
    let mut held: Option<Held<'_, Gil>> = gil.map(|gil| gil.acquire(ThreadId(i as u64 + 1)));
    let mut wait = |block: &mut dyn FnMut() -> io::Result<usize>| match &mut held {
        Some(held) => held.allow_threads(block),
        None => block(),
    };
    let (mut request, mut answered) = (Vec::new(), 0);
    loop {
        let mut piece = [0; 512];
        let n = wait(&mut || stream.read(&mut piece))?;
        if n == 0 {
            return Ok(answered);
        }
        request.extend_from_slice(&piece[..n]);
        if is_whole(&request)? {
            request.clear();
            wait(&mut || {
                thread::sleep(Duration::from_millis(SERVER_WAITS));
                stream.write_all(ANSWER).map(|()| 0)
            })?;
            answered += 1;
        }
    }
}

async fn serve_async(mut stream: tokio::net::TcpStream) -> Result<Check> {
    let (mut request, mut answered) = (Vec::new(), 0);
    loop {
        let mut piece = [0; 512];
        let n = stream.read(&mut piece).await?;
        if n == 0 {
            return Ok(answered);
        }
        request.extend_from_slice(&piece[..n]);
        if is_whole(&request)? {
            request.clear();
            tokio::time::sleep(Duration::from_millis(SERVER_WAITS)).await;
            stream.write_all(ANSWER).await?;
            answered += 1;
        }
    }
}

fn is_whole(request: &[u8]) -> Result<bool> {
    if request.len() > LONGEST {
        return Err(Error::failed(text!("요청이 너무 깁니다", "the request is too long")));
    }
    Ok(request.ends_with(b"\r\n\r\n"))
}
