//! The web server as a program: Ctrl-C, options, its report, and ten thousand connections.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Child, ChildStderr};

use crate::common::{HANGS, asyncio, command, count, finish, one_line, report, signal, until};
use lab::report::Report;

/// A server that has printed its address. It is killed if the test fails.
struct Running(Option<Child>, BufReader<ChildStderr>);

impl Running {
    fn start(args: &[&str]) -> (Running, SocketAddr) {
        let mut child = command(&[&["serve", "--json"], args].concat()).spawn().unwrap();
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        err.read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).unwrap_or_else(|| panic!("{line}")).split(". ").next().unwrap();
        let address = address.parse().unwrap();
        (Running(Some(child), err), address)
    }

    fn id(&self) -> u32 {
        self.0.as_ref().unwrap().id()
    }

    fn report(mut self) -> Report {
        let out = finish(self.0.take().unwrap());
        let mut err = String::new();
        self.1.read_to_string(&mut err).unwrap();
        assert!(out.status.success() && err.is_empty(), "{err}");
        serde_json::from_slice(&out.stdout).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn ask(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(HANGS)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    stream
}

/// Everything that the server sends until it closes the connection.
fn answer(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn answered(stream: TcpStream) -> bool {
    let answer = answer(stream);
    answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok\n")
}

#[cfg(unix)]
#[test]
fn ctrl_c_answers_the_requests_in_flight_and_stops() {
    for name in ["INT", "TERM"] {
        let (server, address) = Running::start(&["--grace", "60"]);
        let waiting: Vec<TcpStream> = (0..20).map(|_| ask(address, "/delay/1500")).collect();
        // The server is a single loop, so once it answers this later connection it has read all the earlier requests.
        let probe = ask(address, "/");
        probe.shutdown(Shutdown::Write).unwrap();
        assert!(answered(probe));
        signal(name, server.id());
        until("the port is closed", || TcpStream::connect(address).is_err());
        assert!(waiting.into_iter().all(answered), "SIG{name}");
        let report = server.report();
        assert_eq!((count(&report, "answers.2xx"), count(&report, "requests")), (21, 21));
        assert!(report.traces[0].lanes.len() > 1);
    }
}

/// Known wrong: no grace period. The same clients get no response.
#[cfg(unix)]
#[test]
fn without_grace_the_requests_in_flight_are_dropped() {
    let (server, address) = Running::start(&["--grace", "0"]);
    let waiting: Vec<TcpStream> = (0..5).map(|_| ask(address, "/delay/20000")).collect();
    let probe = ask(address, "/");
    probe.shutdown(Shutdown::Write).unwrap();
    assert!(answered(probe));
    signal("INT", server.id());
    let report = server.report();
    assert!(report.notes[0].en.contains("5 of them did not finish in time"), "{:?}", report.notes);
    let nothing = |mut stream: TcpStream| {
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer.is_empty()
    };
    assert!(waiting.into_iter().all(nothing));
    assert_eq!(count(&report, "answers.2xx"), 1);
}

#[test]
fn it_stops_after_its_time_and_obeys_its_options() {
    let is_answered = |seconds: &str, head: &str| {
        let args = ["--seconds", seconds, "--inject", "error=1", "--head", head, "--connections", "2"];
        let (server, address) = Running::start(&args);
        let Ok(mut stream) = TcpStream::connect(address) else { return false };
        stream.set_read_timeout(Some(HANGS)).unwrap();
        let mut answer = Vec::new();
        let asked = stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        let _ = stream.read_to_end(&mut answer); // until the server closes the idle connection
        let report = server.report();
        assert_eq!(count(&report, "answers.2xx"), 0);
        asked.is_ok() && answer.starts_with(b"HTTP/1.1 500") && count(&report, "answers.5xx") == 1
    };
    // On a busy machine we may come too late for short times.
    let times = [("1.5", "0.2"), ("6", "2"), ("30", "10")];
    assert!(times.into_iter().any(|(seconds, head)| is_answered(seconds, head)));
}

#[test]
fn a_port_in_use_is_reported_in_one_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let out = asyncio(&["serve", "--port", &port, "--seconds", "0"]);
    assert!(one_line(&out, 1).contains("cannot listen on this address"));
}

#[test]
fn ten_thousand_connections_and_a_thousand_slow_clients_lose_nothing() {
    if let Err(room) = web::descriptors::make_room(11_000) {
        println!("not measured: the hard limit on open files allows only {room} connections");
        return;
    }
    let report = report(&["connections", "--connections", "10000", "--slow", "1000"]);
    assert_eq!(count(&report, "lost"), 0, "{report:?}");
    let answers = ["answered.first", "answered.again", "answered.slow"].map(|id| count(&report, id));
    assert_eq!(answers, [10_000, 10_000, 1000]);
    assert!(count(&report, "open.peak") > 10_000, "slow clients connected while the others were open");
    assert!(report.measure("memory.connection").is_some() || !cfg!(target_os = "linux"));
}

#[cfg(target_os = "linux")]
#[test]
fn the_server_process_ends_with_the_program() {
    let child = command(&["connections", "--connections", "50", "--slow", "10", "--seconds", "60"]).spawn().unwrap();
    let children = || {
        let path = format!("/proc/{0}/task/{0}/children", child.id());
        let words = std::fs::read_to_string(path).unwrap_or_default();
        words.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<u32>>()
    };
    until("the server process has started", || !children().is_empty());
    let family = children();
    signal("KILL", child.id());
    finish(child);
    let alive =
        |pid: &u32| std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
    until("the server process has ended", || !family.iter().any(alive));
}

/// The server process is killed while clients are connected; the program reports it.
#[cfg(target_os = "linux")]
#[test]
fn a_killed_server_is_reported_in_one_line() {
    let child = command(&["connections", "--connections", "50", "--slow", "10", "--seconds", "60"]).spawn().unwrap();
    let path = format!("/proc/{0}/task/{0}/children", child.id());
    let server = || std::fs::read_to_string(&path).unwrap_or_default().trim().parse::<u32>().ok();
    until("the server process has started", || server().is_some());
    signal("KILL", server().unwrap());
    let out = finish(child);
    assert!(one_line(&out, 1).contains("does not answer"));
}
