//! Whatever bytes arrive, the server neither crashes nor hangs, nor answers 200 to something that is no request.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod common;

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::sync::OnceLock;

use common::{connect, exchange, get, last_get, rest, status, until};
use proptest::prelude::*;
use web::{Options, Server};

/// One server for all cases: if a case breaks it, the next one notices.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(Options::default()).unwrap())
}

/// Broken request lines, ambiguous lengths, request smuggling, other protocols.
const CORPUS: &[&[u8]] = &[
    b"",
    b"\r\n",
    b"\r\n\r\n\r\n\r\n",
    b"G",
    b"GET",
    b"GET / HTT",
    b"nonsense\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET  /  HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1 extra\r\n\r\n",
    b"GET / HTTP/1.1\nHost: x\n",
    b"G\x00T / HTTP/1.1\r\n\r\n",
    b"GET /\x00 HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
    b"GET / HTTP/1.1\r\n: empty\r\n\r\n",
    b"GET / HTTP/1.1\r\nA\x00: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nA: b\x00c\r\n\r\n",
    b"GET / HTTP/1.1\r\nA : b\r\n\r\n",
    b"GET / HTTP/1.1\r\n folded: b\r\n\r\n",
    b"POST /upload HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /upload HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    b"POST /upload HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    b"POST /upload HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
    b"POST /upload HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
    b"POST /upload HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    b"POST /upload HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc",
    b"POST /upload HTTP/1.1\r\nTransfer-Encoding: nonsense\r\n\r\nabc",
    b"CONNECT x:1 HTTP/1.1\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\xff\xfe\x00\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.0\r\n",
];

#[test]
fn no_entry_of_the_corpus_is_answered_200_and_each_is_survived() {
    for bytes in CORPUS {
        let shown = String::from_utf8_lossy(bytes);
        let answer = exchange(server(), bytes);
        assert!(!answer.contains("HTTP/1.1 200"), "{shown:?}: {answer}");
        assert_eq!(status(server(), "/"), Some(200), "after {shown:?}");
    }
}

/// RFC 9112, 3.2: exactly one Host in HTTP/1.1, at most one in HTTP/1.0.
#[test]
fn a_request_names_its_host_once() {
    for (head, status) in [
        ("GET / HTTP/1.1\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: x\r\nhost: x\r\n", "400"),
        ("GET http://x/ HTTP/1.1\r\n", "400"),
        ("GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: x\r\n", "200"),
        ("GET / HTTP/1.1\r\nHost:\r\n", "200"),
        ("GET http://x/ HTTP/1.1\r\nHost: x\r\n", "200"),
        ("GET / HTTP/1.0\r\n", "200"),
    ] {
        let answer = exchange(server(), format!("{head}Connection: close\r\n\r\n").as_bytes());
        assert!(answer.split(' ').nth(1) == Some(status), "{head:?}: {answer}");
    }
}

/// A client that closed only its sending half, or that still waits, gets the answer; the rest is not read as a second request.
#[test]
fn an_upload_that_is_cut_or_broken_is_answered_400() {
    let head = "POST /upload HTTP/1.1\r\nHost: x\r\n";
    for cut in [
        "Content-Length: 9\r\n\r\nabc",
        "Content-Length: 9\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
    ] {
        let answer = exchange(server(), format!("{head}{cut}").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.matches("HTTP/1.1").count() == 1, "{cut:?}: {answer}");
    }
    for broken in [
        "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-1\r\nabc",
        "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
        "Transfer-Encoding: chunked\r\n\r\n3\r\nabcdefGET / HTTP/1.1\r\nHost: x\r\n\r\n",
    ] {
        let mut stream = connect(server().address());
        stream.write_all(format!("{head}{broken}").as_bytes()).unwrap();
        let answer = String::from_utf8(rest(stream)).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.matches("HTTP/1.1").count() == 1, "{broken:?}: {answer}");
    }
}

#[test]
fn a_good_request_before_a_bad_one_is_answered() {
    for bad in CORPUS {
        let answer = exchange(server(), &[&get("/bytes/1")[..], bad].concat());
        assert!(answer.starts_with("HTTP/1.1 200"), "{:?}: {answer}", String::from_utf8_lossy(bad));
    }
}

/// A body that looks like a request must not be handled as one.
#[test]
fn a_request_within_a_body_is_a_body() {
    let inner = String::from_utf8(get("/error")).unwrap();
    let length = inner.len();
    let outer =
        format!("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{inner}");
    let answer = exchange(server(), outer.as_bytes());
    assert!(answer.ends_with(&format!("\r\n\r\n{length}\n")), "{answer}");
    // Two lengths that contradict each other: the server answers at most once and then closes the connection.
    let both =
        format!("POST /upload HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}");
    let answer = exchange(server(), both.as_bytes());
    assert!(answer.matches("HTTP/1.1 200").count() <= 1, "{answer}");
}

#[test]
fn clients_that_vanish_leave_nothing_open() {
    let server = Server::start(Options::default()).unwrap();
    for path in ["/delay/100", "/bytes/100000000", "/"] {
        for _ in 0..20 {
            let mut stream = connect(server.address());
            stream.write_all(&get(path)).unwrap();
            drop(stream);
        }
    }
    for _ in 0..20 {
        drop(TcpStream::connect(server.address()).unwrap());
    }
    until("all are gone", || server.tally().accepted == 80 && server.tally().open == 0);
    assert_eq!(status(&server, "/"), Some(200));
}

/// A piece of input: a good request, a fragment of HTTP, or random bytes.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "GET ",
        "POST ",
        "/",
        "/upload",
        "/delay/1",
        " HTTP/1.1\r\n",
        " HTTP/1.0\r\n",
        "Host: x\r\n",
        "\r\n",
        "\n",
        ":",
        "Content-Length: 3\r\n",
        "Content-Length: 99999999\r\n",
        "Transfer-Encoding: chunked\r\n",
        "0\r\n\r\n",
        "3\r\nabc\r\n",
        "Connection: close\r\n",
        "Expect: 100-continue\r\n",
        "Upgrade: x\r\n",
        "\u{0}",
    ]);
    prop_oneof![
        3 => words.prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => Just(get("/")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// The server closes every connection, and serves the next client.
    #[test]
    fn any_input_is_survived(pieces in prop::collection::vec(piece(), 0..12), half_close in any::<bool>()) {
        let mut stream = connect(server().address());
        for piece in &pieces {
            let _ = stream.write_all(piece);
        }
        if half_close {
            let _ = stream.shutdown(Shutdown::Write);
            rest(stream);
        } else {
            drop(stream);
        }
        prop_assert!(exchange(server(), &last_get("/")).starts_with("HTTP/1.1 200"));
    }
}
