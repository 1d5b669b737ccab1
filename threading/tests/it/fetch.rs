//! What `fetch` promises: a pool is bounded, failures are named, and the rest is done.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use harness::refused_address;
use lab::claims::Outcome;
use lab::cli::FailOn;
use lab::lang::Text;
use lab::trace::{State, Trace};
use loopback::Server;
use threading::experiments::fetch::client::{client, get};
use threading::experiments::fetch::failure::{Reason, summary};
use threading::experiments::fetch::targets::check;
use threading::experiments::fetch::techniques::{Fetched, MAX_FAILURES, pool, thread_per_request};
use threading::experiments::fetch::{self, Workload};

const IO: [State; 1] = [State::WaitingForIo];

/// The time limit of requests that are answered: no machine is so busy that it is reached.
const LONG: Duration = Duration::from_secs(300);

/// On a busy machine a thread may begin after another's wait is over, and then the two are not seen to wait together; not every time.
const ATTEMPTS: usize = 10;

fn marks(trace: &Trace) -> usize {
    let spans = trace.lanes.iter().flat_map(|lane| &lane.spans);
    spans.filter(|span| span.state == State::Failed && span.start == span.end).count()
}

/// The first screen draws a request as a request: in sequence they are told apart, and the pool has a few at once.
#[test]
fn the_first_screen_shows_requests_one_after_another_and_a_few_at_once() {
    let small = Workload { requests: 6, threads: 3, delay: Duration::from_millis(200), ..workload() };
    // Lanes, and requests in the longest lane; between two requests of a lane there is a border.
    let shape = |trace: &Trace| {
        let most = trace.lanes.iter().map(|lane| lane.spans.len()).max();
        (trace.lanes.len(), most.unwrap_or(0), trace.peak_in_flight(&IO) > 1)
    };
    let lesson = |sequence: &Trace, some: &Trace| {
        let few_at_once = matches!(shape(some), (3, 2.., true));
        shape(sequence) == (1, 6, false) && few_at_once
    };
    let is_seen = || {
        let report = fetch::run(&small, &[]).unwrap();
        let (front, _) = report.front_drawings();
        assert!(front.len() == 2 && front.iter().all(|trace| marks(trace) == 0), "nothing failed");
        // The known-wrong pair, drawn before: with a thread a request nothing follows anything.
        assert!(!lesson(front[0], &report.traces[1]));
        lesson(front[0], front[1])
    };
    assert!((0..ATTEMPTS).any(|_| is_seen()));
}

fn workload() -> Workload {
    Workload {
        requests: 50,
        threads: 4,
        delay: Duration::ZERO,
        timeout: LONG,
        given: Vec::new(),
        urls: None,
        fail_on: FailOn::All,
    }
}

#[test]
fn a_pool_has_a_bound_that_a_thread_a_request_has_not() {
    let server = Server::start(Duration::from_secs(1)).unwrap();
    let urls = vec![server.url(); 6];
    // How many waited at the same time, as the threads and as the server see it.
    let peaks = |fetched: &Fetched| {
        assert!(fetched.answered() == fetched.outcomes.len());
        [fetched.trace.peak_in_flight(&IO), server.take_peak()]
    };
    let sequence = pool(&urls[..2], 1, LONG, Text::default()).unwrap();
    assert_eq!(peaks(&sequence), [1, 1]);
    let waits_together = || {
        let three = peaks(&pool(&urls, 3, LONG, Text::default()).unwrap());
        assert!(three.iter().all(|peak| *peak <= 3), "{three:?}");
        three.iter().all(|peak| *peak > 1)
    };
    assert!((0..ATTEMPTS).any(|_| waits_together()));
    // The known-wrong program: no bound.
    let exceeds = || peaks(&thread_per_request(&urls, LONG, Text::default()).unwrap()).iter().all(|peak| *peak > 3);
    assert!((0..ATTEMPTS).any(|_| exceeds()));
}

/// The bound holds only if a library starts no hidden threads.
#[cfg(target_os = "linux")]
#[test]
fn a_request_has_no_thread_but_its_own() {
    let program = env!("CARGO_BIN_EXE_threading");
    // Longer than it takes the busiest machine to end a thread; nobody waits for it.
    let server = Server::start(Duration::from_secs(60)).unwrap();
    let args = ["fetch", "--no-python", "--json", "--requests", "1", "--timeout", "600", &server.url()];
    let child = std::process::Command::new(program).args(args).stdout(std::process::Stdio::null()).spawn().unwrap();
    let mut child = harness::Guarded(child); // killed at the end
    while server.take_peak() == 0 {
        assert!(child.0.try_wait().unwrap().is_none(), "it ended without a request");
        thread::sleep(Duration::from_millis(5));
    }
    // ureq resolves a name in a thread of its own, which ends when the address is known.
    let status = format!("/proc/{}/status", child.0.id());
    let alone = || std::fs::read_to_string(&status).unwrap().contains("Threads:\t1\n");
    while !alone() {
        assert_eq!(server.served(), 0, "answered, and there was always another thread");
        thread::sleep(Duration::from_millis(5));
    }
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

/// An address where nobody listens.
fn gone() -> String {
    format!("http://{}/", refused_address())
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
    // On a very busy machine an answer may take longer than the first limit; then the next one is tried.
    let in_time = |limit: u64| {
        let fetched = pool(&urls, threads, Duration::from_secs(limit), Text::default()).unwrap();
        let failures = fetched.failures(&urls);
        let late = failures.iter().filter(|f| f.reason == Reason::TimedOut && f.url != silent.0).count();
        (late == 0 || limit >= 60).then_some(failures)
    };
    let failures = [5, 20, 60].into_iter().find_map(in_time).unwrap();
    assert!(server.served() >= 8, "the good ones are all served");
    let reason = |url: &String| &failures.iter().find(|f| f.url == *url).unwrap().reason;
    assert_eq!(failures.len(), 4, "{failures:?}");
    assert_eq!(*reason(&bad[0]), Reason::Refused);
    assert_eq!(*reason(&bad[1]), Reason::Status(404, "Not Found".into()));
    assert_eq!(*reason(&bad[2]), Reason::TimedOut);
    assert_eq!(*reason(&bad[3]), Reason::HungUp);
    assert_eq!(summary(&failures).len(), 4, "a line for each name");
}

#[test]
fn a_server_that_is_gone_is_not_asked_forever() {
    let urls = vec![gone(); 5 * MAX_FAILURES];
    let failed = pool(&urls, 4, LONG, Text::default()).unwrap().failures(&urls).len();
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

/// A server that sends these answers in turn and keeps every connection open until the test ends.
fn says_and_stays(answers: &'static [&'static [u8]]) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", socket.local_addr().unwrap());
    let talk = move |(n, mut stream): (usize, TcpStream)| {
        let lines = BufReader::new(&stream).lines().map_while(Result::ok);
        lines.take_while(|line| !line.is_empty()).for_each(drop);
        let _ = stream.write_all(answers[n % answers.len()]);
        stream // kept
    };
    thread::spawn(move || socket.incoming().flatten().enumerate().map(talk).collect::<Vec<_>>());
    url
}

/// A client that reads to the end of the stream would hang: each of these connections stays open.
#[test]
fn an_answer_ends_where_http_says() {
    let client = client(LONG);
    for (answer, outcome) in [
        (&b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"[..], Ok(2)),
        (b"HTTP/1.1 204 No Content\r\n\r\n", Ok(0)),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", Ok(0)),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", Err(Reason::Status(304, "Not Modified".into()))),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", Ok(2)),
        (b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Ok(2)),
        (
            b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            Err(Reason::Status(404, "Not Found".into())),
        ),
        (
            b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
            Err(Reason::Redirect(302, "Found".into())),
        ),
    ] {
        let url = says_and_stays(Box::leak(Box::new([answer])));
        assert_eq!(get(&client, &url), outcome, "{}", answer.escape_ascii());
    }
}

/// The client before this one took each of these for a success.
#[test]
fn an_answer_that_is_cut_or_contradicts_itself_is_a_failure() {
    let client = client(LONG);
    let cut = [
        &b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"",
    ];
    for answer in cut {
        let outcome = get(&client, &says(answer));
        assert_eq!(outcome, Err(Reason::HungUp), "{}", answer.escape_ascii());
    }
    let contradicts = [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
        b"I am a parrot\r\n\r\n",
    ];
    for answer in contradicts {
        let outcome = get(&client, &says_and_stays(Box::leak(Box::new([answer]))));
        assert!(matches!(outcome, Err(Reason::NotHttp(_))), "{}: {outcome:?}", answer.escape_ascii());
    }
}

/// Sends one GET; returns the request as the server received it, and the outcome.
fn heard(url: impl FnOnce(&str) -> String) -> (String, Result<u64, Reason>) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = url(&socket.local_addr().unwrap().to_string());
    let listen = thread::spawn(move || {
        let (mut stream, _) = socket.accept().unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
        let request: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
        request.join("\n")
    });
    let got = get(&client(LONG), &check("URL", &url).unwrap());
    (listen.join().unwrap(), got)
}

/// An address in a list cannot add headers: it ends with its line, and control characters in it are refused.
#[test]
fn an_address_cannot_write_headers() {
    let home = tempfile::tempdir().unwrap();
    let list = home.path().join("list");
    for evil in ["a\rX-Evil: 1", "a\u{0}b", "a\u{b}b", "a b"] {
        std::fs::write(&list, format!("http://127.0.0.1:1/{evil}\n")).unwrap();
        let error = fetch::run(&Workload { urls: Some(list.clone()), ..workload() }, &[]).unwrap_err();
        assert!(error.code() == 2 && !error.text().en.contains(char::is_control), "{error}");
    }
    let (request, got) = heard(|authority| format!("HTTP://{authority}/한?q=글#part"));
    assert_eq!(got, Ok(0));
    assert!(request.starts_with("GET /%ED%95%9C?q=%EA%B8%80 HTTP/1.1\n"), "{request}");
    let (request, _) = heard(|authority| format!("http://{authority}?q"));
    assert!(request.starts_with("GET /?q HTTP/1.1\n"), "{request}");
}

#[test]
fn a_list_may_come_from_any_editor() {
    let (server, home) = (Server::start(Duration::ZERO).unwrap(), tempfile::tempdir().unwrap());
    let list = home.path().join("list");
    let url = server.url();
    std::fs::write(&list, format!("\u{feff}# from an editor\r\n{url}\r\n\r\n{url}\r\n")).unwrap();
    fetch::run(&Workload { urls: Some(list.clone()), ..workload() }, &[]).unwrap();
    assert_eq!(server.served(), 6);
    let utf16: Vec<u8> = "\u{feff}http://a/".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(&list, utf16).unwrap();
    let error = fetch::run(&Workload { urls: Some(list.clone()), ..workload() }, &[]).unwrap_err();
    assert!(error.code() == 2 && error.text().en.contains("UTF-16"), "{error}");
}

/// A server that answers this many requests well, and all later ones with 503.
fn fails_after(good: usize) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", socket.local_addr().unwrap());
    let talk = move |(n, mut stream): (usize, TcpStream)| {
        let lines = BufReader::new(&stream).lines().map_while(Result::ok);
        lines.take_while(|line| !line.is_empty()).for_each(drop);
        let answer = if n < good { "HTTP/1.1 204 No Content\r\n\r\n" } else { "HTTP/1.1 503 Busy\r\n\r\n" };
        let _ = stream.write_all(answer.as_bytes());
    };
    thread::spawn(move || socket.incoming().flatten().enumerate().for_each(talk));
    url
}

/// Requests that fail fast are no speed-up: the sequence (and the probe before it) is answered, the pool is not.
#[test]
fn no_ratio_and_no_verdict_from_different_work() {
    let url = fails_after(1 + 10);
    let report = fetch::run(&Workload { given: vec![url], requests: 10, ..workload() }, &[]).unwrap();
    assert_eq!((report.measure("failed.threads").unwrap().median(), report.exit_code), (10.0, 1));
    assert!(matches!(report.verdicts[0].outcome, Outcome::NotMeasured(_)), "{:?}", report.verdicts);
    assert!(report.shows.en.contains("not compared") && !report.shows.en.contains('×'), "{}", report.shows);
    assert_eq!(report.traces.last().unwrap().peak_in_flight(&IO), 0, "a failed request does not count as waiting");
}

#[test]
fn the_same_failures_may_be_compared_and_the_exit_code_is_chosen() {
    let (server, gone, home) =
        (Server::start(Duration::from_millis(500)).unwrap(), gone(), tempfile::tempdir().unwrap());
    let list = home.path().join("list");
    std::fs::write(&list, format!("{0}\n{0}\n{gone}\n", server.url())).unwrap();
    for (fail_on, exit_code) in [(FailOn::All, 0), (FailOn::Any, 1)] {
        let holds = || {
            let report = fetch::run(&Workload { urls: Some(list.clone()), fail_on, ..workload() }, &[]).unwrap();
            assert_eq!(report.exit_code, exit_code);
            let shows = &report.shows;
            assert!(shows.en.contains("GETs: 3 (2 answered)") && shows.en.contains('×'), "{shows}");
            report.verdicts[0].outcome == Outcome::Holds
        };
        assert!((0..ATTEMPTS).any(|_| holds()));
    }
}

/// Under a limit on open files, a thread per request fails and a sequence does not.
#[cfg(target_os = "linux")]
#[test]
fn a_limit_on_open_files_is_no_speed_up() {
    let program = env!("CARGO_BIN_EXE_threading");
    let script = format!("ulimit -n 40; exec '{program}' fetch --requests 60 --threads 60 --no-python --json");
    // 60 connections do not fit into 40 descriptors; but on a busy machine some may be closed before others are opened.
    let fails = || {
        let out = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        let report: lab::report::Report = serde_json::from_slice(&out.stdout).unwrap();
        let fails = report.measure("failed.threads").is_some_and(|measure| measure.median() > 0.0);
        let is_compared =
            !matches!(report.verdicts[0].outcome, Outcome::NotMeasured(_)) || report.shows.en.contains('×');
        assert!(!(fails && is_compared), "{report:?}");
        fails
    };
    assert!((0..ATTEMPTS).any(|_| fails()));
}

/// The same rules hold for the Python twin's lanes and failures.
#[test]
fn the_twin_is_judged_by_what_it_did() {
    let twin = std::process::Command::new("python3");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/fetch.py");
    let run = |url: &str, mut python: std::process::Command| {
        let out = python.args([script, url, "6", "3", "300", "0"]).output().ok()?;
        let report: lab::report::Report = serde_json::from_slice(&out.stdout).unwrap();
        Some(report)
    };
    let Some(report) = run(&fails_after(6), twin) else {
        println!("not measured: there is no Python here");
        return;
    };
    assert!(report.measure("failed.sequence").is_none() && report.measure("failed.threads").unwrap().median() == 6.0);
    let pooled = report.traces.last().unwrap();
    assert_eq!((pooled.peak_in_flight(&IO), marks(pooled)), (0, 6));
}
