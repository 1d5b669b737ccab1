//! Every route, and its answer.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod common;

use std::io::{Read, Write};
use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

use common::{connect, exchange, get, last_get, quick, rest, status, until};
use web::{Faults, Options, Server};

const SOON: Duration = Duration::from_millis(80);

#[test]
fn root_and_delay_answer_after_the_delay() {
    let server = Server::start(Options { delay: SOON, ..Options::default() }).unwrap();
    for path in ["/", "/delay/80", "/?query=is+ignored"] {
        let start = Instant::now();
        let answer = exchange(&server, &last_get(path));
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok\n"), "{answer}");
        assert!(start.elapsed() >= SOON, "{path}");
    }
    until("(ok, requests) is (3, 3)", || (server.tally().ok, server.tally().requests) == (3, 3));
}

#[test]
fn a_random_delay_is_between_its_bounds_and_the_seed_decides() {
    let delays = |seed| {
        let server = Server::start(Options { seed, ..Options::default() }).unwrap();
        (0..5).for_each(|_| assert_eq!(status(&server, "/random/20/60"), Some(200)));
        server.visits().iter().map(|visit| visit.end - visit.start).collect::<Vec<_>>()
    };
    let (first, other) = (delays(1), delays(2));
    assert!(first.iter().chain(&other).all(|delay| *delay >= Duration::from_millis(20)), "{first:?} {other:?}");
    // The drawn numbers are compared, because a busy machine changes the delays.
    let drawn = |seed: u64| (0..5).map(|n| web::draw::draw(!seed, n).to_bits()).collect::<Vec<_>>();
    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
    let server = quick();
    assert_eq!(status(&server, "/random/60/20"), Some(400));
}

#[test]
fn error_routes_and_wrong_requests_have_their_status() {
    let server = quick();
    assert_eq!(status(&server, "/error"), Some(500));
    assert_eq!(exchange(&server, &last_get("/close")), "");
    assert_eq!(status(&server, "/nonsense"), Some(404));
    assert_eq!(status(&server, "/delay/soon"), Some(400));
    assert_eq!(status(&server, "/delay/99999999999999999999999"), Some(400));
    assert_eq!(status(&server, "/upload"), Some(405));
    let posted = exchange(&server, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
    assert!(posted.starts_with("HTTP/1.1 405 ") && posted.to_lowercase().contains("allow: get, head"), "{posted}");
    let tally = server.tally();
    assert_eq!((tally.server_errors, tally.client_errors, tally.unanswered, tally.ok), (1, 5, 1, 0));
}

#[test]
fn never_closes_without_an_answer_at_the_limit() {
    let mut options = Options::default();
    options.limits.never = Duration::from_millis(200);
    let server = Server::start(options).unwrap();
    let start = Instant::now();
    assert_eq!(exchange(&server, &last_get("/never")), "");
    assert!(start.elapsed() >= Duration::from_millis(200));
    until("unanswered is 1", || server.tally().unanswered == 1);
}

#[test]
fn bytes_are_as_many_as_asked_for() {
    let server = quick();
    for n in [0, 1, 16 * 1024, 3_000_000] {
        let answer = exchange(&server, &last_get(&format!("/bytes/{n}")));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.to_lowercase().contains(&format!("content-length: {n}")), "{head}");
        assert_eq!(body.len(), n);
    }
    assert_eq!(status(&server, "/bytes/1073741825"), Some(400));
    let head = exchange(&server, b"HEAD /bytes/5 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(head.to_lowercase().contains("content-length: 5") && head.ends_with("\r\n\r\n"), "{head}");
}

#[test]
fn a_cut_body_is_shorter_than_promised() {
    let server = quick();
    let answer = exchange(&server, &last_get("/cut/100000"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.to_lowercase().contains("content-length: 100000"), "{head}");
    // How much of the half was sent before the connection broke is up to hyper.
    assert!(!body.is_empty() && body.len() <= 50_000, "{}", body.len());
}

#[test]
fn an_upload_is_counted() {
    let server = quick();
    let plain =
        exchange(&server, b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nabcde");
    assert!(plain.ends_with("\r\n\r\n5\n"), "{plain}");
    let chunked = b"POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n";
    let chunked = exchange(&server, chunked);
    assert!(chunked.ends_with("\r\n\r\n7\n"), "{chunked}");
}

#[test]
fn a_connection_carries_many_requests_and_pipelined_ones_in_order() {
    let server = quick();
    let pipelined = [get("/delay/60"), get("/bytes/2"), get("/nonsense"), last_get("/")].concat();
    let answer = exchange(&server, &pipelined);
    let statuses: Vec<&str> = answer.split("HTTP/1.1 ").skip(1).map(|part| &part[..3]).collect();
    assert_eq!(statuses, ["200", "200", "404", "200"]);
    until("(accepted, requests) is (1, 4)", || (server.tally().accepted, server.tally().requests) == (1, 4));
    assert_eq!(server.tally().peak_in_flight, 1, "one connection has one answer at a time");
}

#[test]
fn a_client_that_has_closed_its_sending_half_gets_its_answer() {
    let server = quick();
    let mut stream = connect(server.address());
    stream.write_all(&get("/delay/60")).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let answer = String::from_utf8(rest(stream)).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn requests_wait_together_on_one_thread() {
    let server = Server::start(Options { delay: Duration::from_millis(400), ..Options::default() }).unwrap();
    // On a busy machine the others may begin after the first has ended; not every time.
    until("two wait at the same time", || {
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| exchange(&server, &last_get("/")));
            }
        });
        server.tally().peak_in_flight > 1
    });
    // The known-wrong case: one after another.
    let server = Server::start(Options { delay: Duration::from_millis(20), ..Options::default() }).unwrap();
    (0..3).for_each(|_| drop(exchange(&server, &last_get("/"))));
    assert_eq!(server.tally().peak_in_flight, 1);
}

#[test]
fn faults_come_in_their_shares_and_every_request_is_accounted_for() {
    let faults = Faults { error: 0.3, close: 0.2, never: 0.1 };
    let mut options = Options { faults, seed: 3, ..Options::default() };
    options.limits.never = Duration::ZERO;
    let server = Server::start(options).unwrap();
    let seen: Vec<Option<u16>> = (0..200).map(|_| status(&server, "/")).collect();
    let expected: Vec<Option<u16>> = (0..200)
        .map(|n| match faults.of(3, n) {
            None => Some(200),
            Some(web::draw::Fault::Error) => Some(500),
            Some(_) => None,
        })
        .collect();
    assert_eq!(seen, expected);
    assert_eq!(status(&server, "/nonsense"), Some(404), "faults apply only to requests that would be answered 200");
    let tally = server.tally();
    assert_eq!(tally.ok + tally.server_errors + tally.unanswered + tally.client_errors, tally.requests);
}

#[test]
fn open_connections_are_counted() {
    let server = quick();
    let mut streams: Vec<_> = (0..3).map(|_| connect(server.address())).collect();
    for stream in &mut streams {
        stream.write_all(&get("/")).unwrap();
        stream.read_exact(&mut [0; 12]).unwrap();
    }
    until("open is 3", || server.tally().open == 3);
    drop(streams);
    until("all are closed", || server.tally().open == 0);
    until("(peak_open, accepted) is (3, 3)", || (server.tally().peak_open, server.tally().accepted) == (3, 3));
}
