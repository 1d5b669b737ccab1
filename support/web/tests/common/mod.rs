//! A raw TCP client that can send any bytes.

#![allow(clippy::unwrap_used, dead_code, reason = "in a test a panic is the message; not every file uses all of it")]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use web::{Options, Server};

/// A longer wait counts as a hang. Generous, because nothing is measured with it.
pub const HANGS: Duration = Duration::from_secs(240);

pub fn quick() -> Server {
    Server::start(Options::default()).unwrap()
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(HANGS)).unwrap();
    stream.set_write_timeout(Some(HANGS)).unwrap();
    stream
}

pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes()
}

pub fn last_get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").into_bytes()
}

/// Reads until the connection ends, closed or reset. Panics if it does not end.
pub fn rest(mut stream: TcpStream) -> Vec<u8> {
    let (mut all, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => return all,
            Ok(n) => all.extend_from_slice(&chunk[..n]),
            Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                panic!("the server neither answered nor closed the connection")
            }
            // Reset: the server closed the connection while we were still sending.
            Err(_) => return all,
        }
    }
}

/// Sends bytes, closes the sending half, and returns everything that comes back.
pub fn exchange(server: &Server, bytes: &[u8]) -> String {
    let mut stream = connect(server.address());
    // The server may refuse and close before all is sent.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    String::from_utf8_lossy(&rest(stream)).into_owned()
}

/// The status of one GET on a connection of its own; `None` without an answer.
pub fn status(server: &Server, path: &str) -> Option<u16> {
    exchange(server, &last_get(path)).split(' ').nth(1)?.parse().ok()
}

/// Waits for a condition that must become true, however busy the machine is.
#[track_caller]
pub fn until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < HANGS, "timed out waiting for: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}
