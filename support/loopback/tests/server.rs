//! What the server answers, and that a misbehaving client does not harm others.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use loopback::{MOST_HEAD, Server};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const LAST_GET: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// Sends bytes, closes the sending half, and returns everything that comes back.
fn exchange(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    // The server may refuse and close before all is sent.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

fn quick() -> Server {
    Server::start(Duration::ZERO).unwrap()
}

#[test]
fn answers_after_the_delay() {
    let server = Server::start(Duration::from_millis(80)).unwrap();
    let start = Instant::now();
    assert!(exchange(&server, LAST_GET).starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(start.elapsed() >= Duration::from_millis(80));
    assert_eq!(server.served(), 1);
}

#[test]
fn a_connection_carries_many_requests() {
    let server = quick();
    let pipelined = [GET, GET, GET].concat();
    assert_eq!(exchange(&server, &pipelined).matches("200 OK").count(), 3);
}

#[test]
fn requests_wait_together() {
    let server = Server::start(Duration::from_millis(400)).unwrap();
    let all_at_once = || {
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| exchange(&server, LAST_GET));
            }
        });
        server.take_peak()
    };
    // On a busy machine the others may begin after the first has ended; not every time.
    assert!((0..10).any(|_| all_at_once() > 1));
    // The known-wrong case: one after another.
    for _ in 0..2 {
        exchange(&server, LAST_GET);
    }
    assert_eq!(server.take_peak(), 1);
}

#[test]
fn invalid_requests_are_refused_and_the_next_is_served() {
    let server = quick();
    let long = [b"GET / HTTP/1.1\r\nX: ".to_vec(), vec![b'a'; MOST_HEAD + 2000]].concat();
    let cases: [(&[u8], &str); 6] = [
        (b"nonsense\r\n\r\n", "400"),
        (b"GET / HTTP/9.9\r\n\r\n", "400"),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "405"),
        (b"GET / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n", "413"),
        (&long, "431"),
        (b"\xff\xfe\x00\r\n\r\n", "400"),
    ];
    for (bytes, status) in cases {
        let answer = exchange(&server, bytes);
        // A refused client that is still sending may lose the answer with the connection; it never gets a 200.
        assert!(answer.is_empty() || answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(exchange(&server, LAST_GET).starts_with("HTTP/1.1 200"));
    }
}

#[test]
fn an_incomplete_request_is_not_answered() {
    let server = quick();
    assert_eq!(exchange(&server, b"GET / HTT"), "");
    assert_eq!(exchange(&server, b""), "");
    assert_eq!(server.served(), 0);
}

#[test]
fn a_request_byte_by_byte_is_served() {
    let server = quick();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    for byte in LAST_GET {
        stream.write_all(&[*byte]).unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("200 OK"));
}

#[test]
fn dropping_it_closes_port_and_connections() {
    let server = quick();
    let address = server.address();
    let mut idle = TcpStream::connect(address).unwrap();
    idle.write_all(GET).unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).unwrap();
    drop(server);
    let mut rest = Vec::new();
    // The read ends, because the server shut the connection down.
    let _ = idle.read_to_end(&mut rest);
    // Another process may have the port for a moment, but not each time.
    let is_closed = || {
        thread::sleep(Duration::from_millis(100));
        TcpStream::connect(address).is_err()
    };
    assert!((0..100).any(|_| is_closed()));
}
