//! A service of the caller's own: its answers, under the server's limits.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod common;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{HANGS, exchange};
use web::service::{Answer, Request, Service};
use web::{Limits, Options, Server};

/// Answers with what it was asked; `/panic` panics, `/wait` waits until the test lets it go.
struct Echo {
    begun: Mutex<Sender<()>>,
    go: Mutex<Receiver<()>>,
}

impl Service for Echo {
    fn answer(&self, request: Request) -> Answer {
        match request.path.as_str() {
            "/panic" => panic!("on purpose"),
            "/wait" => {
                self.begun.lock().unwrap().send(()).unwrap();
                let _ = self.go.lock().unwrap().recv_timeout(HANGS);
            }
            _ => {}
        }
        let about = format!("{} {} {}\n", request.method, request.path, request.header("x-one").unwrap_or("-"));
        Answer {
            status: 200,
            headers: vec![("content-type", "text/x-echo".into())],
            body: [about.as_bytes(), &request.body].concat(),
        }
    }
}

fn start() -> (Server, Receiver<()>, Sender<()>) {
    let ((begun, has_begun), (let_go, go)) = (channel(), channel());
    let service = Arc::new(Echo { begun: Mutex::new(begun), go: Mutex::new(go) });
    let limits = Limits { body: 10, ..Limits::default() };
    (Server::start_with(Options { limits, ..Options::default() }, service).unwrap(), has_begun, let_go)
}

fn post(path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
}

#[test]
fn the_service_answers_instead_of_the_routes() {
    let (server, ..) = start();
    let answer = exchange(&server, post("/delay/5000", "X-One: 1\r\n", "body").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("POST /delay/5000 1\nbody"), "{answer}");
    assert!(answer.contains("content-type: text/x-echo"), "{answer}");
    let twice = exchange(&server, post("/", "X-One: 1\r\nX-One: 2\r\n", "").as_bytes());
    assert!(twice.ends_with("POST / -\n"), "a field that is there twice is not one: {twice}");
}

#[test]
fn the_limits_hold_for_a_service_too() {
    let (server, ..) = start();
    let large = exchange(&server, post("/", "", "more than ten").as_bytes());
    assert!(large.starts_with("HTTP/1.1 413"), "{large}");
    let chunked = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n8\r\n12345678\r\n0\r\n\r\n";
    let chunked = exchange(&server, chunked.as_bytes());
    assert!(chunked.starts_with("HTTP/1.1 413"), "{chunked}");
    let cut = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n123";
    assert!(!exchange(&server, cut.as_bytes()).contains("200 OK"), "a body that was cut is no request");
    assert!(exchange(&server, b"GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 400"), "no host");
}

#[test]
fn a_service_that_panics_is_500_and_the_next_request_is_answered() {
    let (server, ..) = start();
    assert!(exchange(&server, post("/panic", "", "").as_bytes()).starts_with("HTTP/1.1 500"));
    assert!(exchange(&server, post("/", "", "").as_bytes()).starts_with("HTTP/1.1 200"));
}

#[test]
fn a_service_that_blocks_holds_up_neither_others_nor_the_end() {
    let (server, has_begun, let_go) = start();
    let mut waiting = common::connect(server.address());
    std::io::Write::write_all(&mut waiting, post("/wait", "", "").as_bytes()).unwrap();
    has_begun.recv_timeout(HANGS).unwrap();
    assert!(
        exchange(&server, post("/", "", "").as_bytes()).starts_with("HTTP/1.1 200"),
        "another is answered meanwhile"
    );
    let (drained, _) = server.stop(Duration::ZERO);
    assert_eq!(drained.aborted, 1, "the one that waits");
    // Only now: the server has ended although its service had not.
    let_go.send(()).unwrap();
}
