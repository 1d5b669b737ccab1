//! A small HTTP/1.1 server on the loopback interface that answers every GET after a stated delay.
//!
//! A real server to wait for, without the variation of a network: the sections and their Python twins send requests to it.
//! It has one thread for each connection, and a limit on everything that a client could make large.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Connections that are served at the same time; further ones are answered 503 and closed.
pub const MOST_CONNECTIONS: usize = 2048;
/// The longest request head, in bytes.
pub const MOST_HEAD: usize = 8 * 1024;
/// How long a client may take between two bytes.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The stack of a connection thread, which needs little.
const STACK: usize = 128 * 1024;

/// A running server. Dropping it closes its port and its connections.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    listener: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    delay: Duration,
    closing: AtomicBool,
    /// Requests answered with 200.
    served: AtomicUsize,
    /// Requests between their last byte and their answer.
    waiting: AtomicUsize,
    /// The largest `waiting` so far.
    peak: AtomicUsize,
    /// Open connections by number, so that they can be closed from outside.
    open: Mutex<Vec<Option<TcpStream>>>,
}

/// Connections that may wait to be accepted: as many as the system allows, at most. The standard library asks for 128.
#[cfg(unix)]
const QUEUE: i32 = 4096;

impl Server {
    /// Starts on a free port of 127.0.0.1. Every GET is answered "ok" after the delay.
    pub fn start(delay: Duration) -> io::Result<Server> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        // A client whose connection does not fit into the queue tries again after a second.
        #[cfg(unix)]
        rustix::net::listen(&socket, QUEUE)?;
        let address = socket.local_addr()?;
        let shared = Arc::new(Shared {
            delay,
            closing: AtomicBool::new(false),
            served: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            open: Mutex::new(Vec::new()),
        });
        let listener = {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name("loopback".into()).spawn(move || listen(&socket, &shared))?
        };
        Ok(Server { shared, address, listener: Some(listener) })
    }

    /// Where to send requests: `http://127.0.0.1:PORT/`.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests were answered with 200 so far; an answer counts from when it is sent.
    pub fn served(&self) -> usize {
        self.shared.served.load(SeqCst)
    }

    /// The most requests that waited for their answer at the same time. Restarts the count.
    pub fn take_peak(&self) -> usize {
        self.shared.peak.swap(self.shared.waiting.load(SeqCst), SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.closing.store(true, SeqCst);
        // Wakes the listener out of accept(). If this fails, the listener is gone already.
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
        for stream in self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).iter().flatten() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn listen(socket: &TcpListener, shared: &Arc<Shared>) {
    for stream in socket.incoming() {
        if shared.closing.load(SeqCst) {
            return;
        }
        match stream {
            Ok(stream) => accept(stream, shared),
            // Most likely out of file descriptors; some will be closed soon.
            Err(_) => thread::sleep(Duration::from_millis(10)),
        }
    }
}

fn accept(mut stream: TcpStream, shared: &Arc<Shared>) {
    let Some(place) = shared.enter(&stream) else {
        let _ = stream.write_all(&answer("503 Service Unavailable", "too many connections\n", true));
        return;
    };
    let busy = Arc::clone(shared);
    let spawned = thread::Builder::new().name("connection".into()).stack_size(STACK).spawn(move || {
        // A client that goes away, or breaks the rules, ends its own connection and nothing else.
        let _ = serve(&mut stream, &busy);
        busy.leave(place);
    });
    if spawned.is_err() {
        shared.leave(place);
    }
}

impl Shared {
    /// Takes a free place among the open connections; `None` if there is none.
    fn enter(&self, stream: &TcpStream) -> Option<usize> {
        let handle = stream.try_clone().ok()?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let place = match open.iter().position(Option::is_none) {
            Some(place) => place,
            None if open.len() < MOST_CONNECTIONS => {
                open.push(None);
                open.len() - 1
            }
            None => return None,
        };
        open[place] = Some(handle);
        Some(place)
    }

    fn leave(&self, place: usize) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)[place] = None;
    }

    fn wait(&self) {
        let waiting = self.waiting.fetch_add(1, SeqCst) + 1;
        self.peak.fetch_max(waiting, SeqCst);
        thread::sleep(self.delay);
        self.waiting.fetch_sub(1, SeqCst);
    }
}

/// What a request head asked for.
enum Asked {
    /// A GET; whether the connection ends after it.
    Get { close: bool },
    /// A request that is not supported: its status line; after it the connection is closed.
    Refused(&'static str),
}

fn serve(stream: &mut TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    loop {
        let Some(head) = read_head(stream, &mut buffer)? else {
            return Ok(());
        };
        match head {
            Asked::Refused(status) => return stream.write_all(&answer(status, "", true)),
            Asked::Get { close } => {
                shared.wait();
                // Counted before it is sent, so that a client that has its answer finds it counted.
                shared.served.fetch_add(1, SeqCst);
                stream.write_all(&answer("200 OK", "ok\n", close))?;
                if close {
                    return Ok(());
                }
            }
        }
    }
}

/// Reads one request head and takes it out of the buffer; what follows it (pipelining) stays. `None` at the end of the stream.
fn read_head(stream: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<Option<Asked>> {
    let mut chunk = [0; 1024];
    loop {
        if let Some((length, asked)) = parse(buffer) {
            buffer.drain(..length);
            return Ok(Some(asked));
        }
        if buffer.len() > MOST_HEAD {
            return Ok(Some(Asked::Refused("431 Request Header Fields Too Large")));
        }
        match stream.read(&mut chunk) {
            Ok(0) => return Ok(None),
            Ok(n) => buffer.extend_from_slice(&chunk[..n]),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// A whole request head at the start of the buffer, and its length in bytes. `None` if it is not complete yet.
fn parse(buffer: &[u8]) -> Option<(usize, Asked)> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    let length = match request.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return None,
        Err(_) => return Some((buffer.len(), Asked::Refused("400 Bad Request"))),
    };
    let header = |name: &str| {
        request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
    };
    let has_body = header("transfer-encoding").is_some() || header("content-length").is_some_and(|n| n != b"0");
    let asked = if request.method != Some("GET") {
        Asked::Refused("405 Method Not Allowed")
    } else if has_body {
        Asked::Refused("413 Content Too Large")
    } else {
        let connection = header("connection").unwrap_or_default();
        // HTTP/1.1 keeps a connection unless told otherwise, 1.0 the other way round (RFC 9112, 9.3).
        let close = connection.eq_ignore_ascii_case(b"close")
            || (request.version == Some(0) && !connection.eq_ignore_ascii_case(b"keep-alive"));
        Asked::Get { close }
    };
    Some((length, asked))
}

fn answer(status: &str, body: &str, close: bool) -> Vec<u8> {
    let connection = if close { "close" } else { "keep-alive" };
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: {connection}\r\n\r\n{body}").into_bytes()
}
