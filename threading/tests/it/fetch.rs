//! What `fetch` promises: a pool is bounded, failures are named, and the rest is done.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use lab::lang::Text;
use lab::trace::{State, Trace};
use loopback::Server;
use threading::experiments::fetch::failure::{Reason, summary};
use threading::experiments::fetch::techniques::{MAX_FAILURES, pool, thread_per_request};
use threading::experiments::fetch::{self, Workload};

const IO: [State; 1] = [State::WaitingForIo];

fn marks(trace: &Trace) -> usize {
    let spans = trace.lanes.iter().flat_map(|lane| &lane.spans);
    spans.filter(|span| span.state == State::Failed && span.start == span.end).count()
}

/// The first screen draws a request as a request: in sequence they are told apart, and the pool has a few at once.
#[test]
fn the_first_screen_shows_requests_one_after_another_and_a_few_at_once() {
    let small = Workload { requests: 6, threads: 3, delay: Duration::from_millis(200), ..workload() };
    let report = fetch::run(&small, &[]).unwrap();
    let (front, _) = report.front_drawings();
    // Lanes, and requests in the longest lane; between two requests of a lane there is a border.
    let shape = |trace: &Trace| {
        let most = trace.lanes.iter().map(|lane| lane.spans.len()).max();
        (trace.lanes.len(), most.unwrap_or(0), trace.peak_in_flight(&IO) > 1)
    };
    let lesson = |sequence: &Trace, some: &Trace| {
        let few_at_once = matches!(shape(some), (3, 2.., true));
        shape(sequence) == (1, 6, false) && few_at_once
    };
    assert!(front.len() == 2 && lesson(front[0], front[1]));
    assert!(front.iter().all(|trace| marks(trace) == 0), "nothing failed");
    // The known-wrong pair, drawn before: with a thread a request nothing follows anything.
    assert!(!lesson(front[0], &report.traces[1]));
}

fn workload() -> Workload {
    Workload {
        requests: 50,
        threads: 4,
        delay: Duration::ZERO,
        timeout: Duration::from_secs(10),
        given: Vec::new(),
        urls: None,
    }
}

#[test]
fn a_pool_has_a_bound_that_a_thread_a_request_has_not() {
    let server = Server::start(Duration::from_secs(1)).unwrap();
    let urls = vec![server.url(); 6];
    let bounded = |peak: usize| (2..=3).contains(&peak);
    let sequence = pool(&urls[..2], 1, Duration::from_secs(10), Text::default()).unwrap();
    assert_eq!((sequence.trace.peak_in_flight(&IO), server.take_peak()), (1, 1));
    let three = pool(&urls, 3, Duration::from_secs(10), Text::default()).unwrap();
    assert!(bounded(three.trace.peak_in_flight(&IO)) && bounded(server.take_peak()));
    // The known-wrong program: no bound.
    let six = thread_per_request(&urls, Duration::from_secs(10), Text::default()).unwrap();
    assert!(!bounded(six.trace.peak_in_flight(&IO)) && !bounded(server.take_peak()));
    assert_eq!(server.served(), 14);
    assert!(three.failures.is_empty() && six.failures.is_empty());
}

/// The bound holds only if a library starts no hidden threads.
#[cfg(target_os = "linux")]
#[test]
fn a_request_has_no_thread_but_its_own() {
    let program = env!("CARGO_BIN_EXE_threading");
    let server = Server::start(Duration::from_secs(3)).unwrap();
    let args = ["fetch", "--no-python", "--json", "--requests", "1", &server.url()];
    let mut child = std::process::Command::new(program).args(args).stdout(std::process::Stdio::null()).spawn().unwrap();
    while server.take_peak() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended without a request");
        thread::sleep(Duration::from_millis(5));
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(status.contains("Threads:\t1\n"), "the probe waits in main: {status}");
}

/// A server that sends the same bytes to everyone and hangs up. It runs until the test ends.
fn says(answer: &'static [u8]) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", socket.local_addr().unwrap());
    let talk = move |mut stream: TcpStream| {
        // The whole request must be read: closing with unread bytes resets the connection.
        let lines = BufReader::new(&stream).lines().map_while(Result::ok);
        lines.take_while(|line| !line.is_empty()).for_each(drop);
        let _ = stream.write_all(answer);
    };
    thread::spawn(move || socket.incoming().flatten().for_each(talk));
    url
}

/// An address where nobody listens any more.
fn gone() -> String {
    format!("http://{}/", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
}

#[test]
fn every_failure_is_named_and_the_rest_is_done() {
    // Side by side: each waits for a timeout.
    thread::scope(|scope| [1, 3].map(|threads| drop(scope.spawn(move || failures_are_named(threads)))));
}

fn failures_are_named(threads: usize) {
    let server = Server::start(Duration::ZERO).unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap(); // accepts connections, and never answers
    let silent = (format!("http://{}/", silent.local_addr().unwrap()), silent);
    // The second one's Content-Length is longer than its body.
    let (missing, cut) = (
        says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
        says(b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
    );
    let bad = [gone(), missing, silent.0.clone(), cut];
    let urls: Vec<String> = bad.iter().flat_map(|bad| [server.url(), bad.clone(), server.url()]).collect();
    let fetched = pool(&urls, threads, Duration::from_secs(5), Text::default()).unwrap();
    assert_eq!(server.served(), 8, "the good ones are all served");
    let reason = |url: &String| &fetched.failures.iter().find(|f| f.url == *url).unwrap().reason;
    assert_eq!(fetched.failures.len(), 4, "{:?}", fetched.failures);
    assert_eq!(*reason(&bad[0]), Reason::Refused);
    assert_eq!(*reason(&bad[1]), Reason::Status(404, "Not Found".into()));
    assert_eq!(*reason(&bad[2]), Reason::TimedOut);
    assert_eq!(*reason(&bad[3]), Reason::HungUp);
    assert_eq!(summary(&fetched.failures).len(), 4, "a line for each name");
}

#[test]
fn a_server_that_is_gone_is_not_asked_forever() {
    let urls = vec![gone(); 5 * MAX_FAILURES];
    let failed = pool(&urls, 4, Duration::from_secs(10), Text::default()).unwrap().failures.len();
    assert!((MAX_FAILURES..MAX_FAILURES + 4).contains(&failed), "{failed}");
    let url = gone();
    let error = fetch::run(&Workload { given: vec![url.clone()], ..workload() }, &[]).unwrap_err();
    assert_eq!(error.code(), 1);
    assert!(error.text().en.contains(&format!("{url}: cannot be fetched: connection refused")), "{error}");
}

#[test]
fn a_list_is_fetched_and_its_failures_are_in_the_report() {
    let (server, gone, home) = (Server::start(Duration::ZERO).unwrap(), gone(), tempfile::tempdir().unwrap());
    let list = home.path().join("list");
    std::fs::write(&list, format!("# ours\n{0}\n\n  {0}\n{gone}\n", server.url())).unwrap();
    let report = fetch::run(&Workload { urls: Some(list.clone()), ..workload() }, &[]).unwrap();
    assert_eq!(server.served(), 6, "two good ones, three techniques");
    for technique in ["sequence", "each", "threads"] {
        assert_eq!(report.measure(&format!("failed.{technique}")).unwrap().median(), 1.0);
    }
    let named = report.notes.iter().filter(|note| note.en.contains(&format!("connection refused (×1), first {gone}")));
    assert_eq!(named.count(), 3);
    // The one that failed is marked in its lane, and no other.
    assert!(report.traces.iter().all(|trace| marks(trace) == 1));
    for (words, complaint) in [("nonsense\n", ":1 nonsense"), ("# none\n", "from 1 to")] {
        std::fs::write(&list, words).unwrap();
        let error = fetch::run(&Workload { urls: Some(list.clone()), ..workload() }, &[]).unwrap_err();
        assert!(error.code() == 2 && error.text().en.contains(complaint), "{error}");
    }
}
