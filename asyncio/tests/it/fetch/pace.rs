//! Rate, limit per server, `Retry-After` and deadlines, with servers that count the requests.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use super::scripted::{Reply, Scripted, answer};
use crate::common::{count, report, report_with};

fn gaps(server: &Scripted) -> Vec<Duration> {
    let times: Vec<Instant> = server.heard().iter().map(|heard| heard.at).collect();
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// Only a lower bound, because a busy machine is slower. Known wrong: without a rate, or with a rate for each worker, ten requests take
/// a few milliseconds.
#[test]
fn a_rate_limits_all_workers_together() {
    let server = Scripted::start(|_, _| answer("200 OK", "", ""));
    let args = ["--requests", "10", "--concurrency", "10", "--rate", "20/s", "--timeout", "60"];
    let wall = report(&[&["fetch", &server.url][..], &args].concat()).measure("wall").unwrap().median();
    assert!(server.heard().len() == 10 && wall >= 450e6, "nine gaps of 50 ms: {wall}");
}

#[test]
fn a_limit_per_server_does_not_limit_the_others() {
    let slow = || web::Server::start(web::Options { delay: Duration::from_millis(100), ..web::Options::default() });
    let (first, second) = (slow().unwrap(), slow().unwrap());
    let (a, b) = (first.url(), second.url());
    let args = ["--requests", "16", "--concurrency", "16", "--per-host", "2", "--timeout", "60"];
    let report = report(&[&["fetch", &a, &b][..], &args].concat());
    assert_eq!(count(&report, "ended.ok"), 16);
    assert!(first.tally().peak_in_flight <= 2 && second.tally().peak_in_flight <= 2);
    assert!(count(&report, "peak") <= 4 && count(&report, "peak") > 1);
}

/// If a server asks for a pause, the other workers send it nothing either.
#[test]
fn retry_after_is_obeyed_by_all_workers() {
    let in_two_seconds = || {
        // A date has whole seconds, so that at least one of the two seconds is left.
        let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2));
        answer("503 Service Unavailable", &format!("Retry-After: {date}\r\n"), "")
    };
    for by_date in [false, true] {
        let server = Scripted::start(move |n, _| match n {
            0 if by_date => in_two_seconds(),
            0 => answer("429 Too Many Requests", "Retry-After: 1\r\n", ""),
            _ => answer("200 OK", "", ""),
        });
        let args = ["--requests", "20", "--concurrency", "1", "--backoff", "0", "--timeout", "60"];
        let report = report(&[&["fetch", &server.url][..], &args].concat());
        assert_eq!((count(&report, "ended.ok"), count(&report, "retries")), (20, 1));
        assert!(gaps(&server)[0] >= Duration::from_millis(950), "{by_date}: {:?}", gaps(&server));
    }
    let server = Scripted::start(|n, _| match n {
        0 => answer("429 Too Many Requests", "Retry-After: 3\r\n", ""),
        _ => {
            std::thread::sleep(Duration::from_millis(20));
            answer("200 OK", "", "")
        }
    });
    let args = ["--requests", "200", "--concurrency", "2", "--backoff", "0", "--timeout", "60"];
    report(&[&["fetch", &server.url][..], &args].concat());
    assert!(gaps(&server).iter().any(|gap| *gap >= Duration::from_millis(500)), "the other worker waits too");
}

/// The server at which a redirect ends asks for a pause. Known wrong: holding the one with which the call began; then the other worker
/// sends request after request to the one that asked.
#[test]
fn the_server_that_asked_is_left_alone_and_not_the_one_that_redirected() {
    let asks = AtomicBool::new(true);
    let end = Scripted::start(move |_, heard| {
        if heard.what().contains("/redirected") && asks.swap(false, Ordering::Relaxed) {
            return answer("429 Too Many Requests", "Retry-After: 3\r\n", "");
        }
        std::thread::sleep(Duration::from_millis(20));
        answer("200 OK", "", "")
    });
    let to = format!("Location: {}/redirected\r\n", end.url);
    let begin = Scripted::start(move |_, _| answer("307 Temporary Redirect", &to, ""));
    // One call is redirected, and the other worker goes on with calls to the server where it ends.
    let list = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&list, format!("{}\n{}", begin.url, format!("{}\n", end.url).repeat(200))).unwrap();
    let args = ["--concurrency", "2", "--backoff", "0", "--timeout", "60"];
    report(&[&["fetch", "--urls", list.path().to_str().unwrap()][..], &args].concat());
    assert!(gaps(&end).iter().any(|gap| *gap >= Duration::from_millis(500)), "{:?}", gaps(&end));
}

#[test]
fn a_server_that_asks_for_an_hour_is_not_waited_for() {
    let server = Scripted::start(|_, _| answer("503 Service Unavailable", "Retry-After: 3600\r\n", ""));
    let report = report_with(&["fetch", &server.url, "--requests", "1"], 1);
    assert_eq!((count(&report, "ended.status"), count(&report, "retries")), (1, 0));
    assert_eq!(server.heard().len(), 1);
}

/// Without a deadline these runs would take minutes. A pause that would end after the deadline is not begun.
#[test]
fn a_deadline_ends_a_call_with_all_its_attempts() {
    let server = web::Server::start(web::Options::default()).unwrap();
    let never = format!("{}/never", server.url());
    let args = ["--requests", "2", "--timeout", "600", "--deadline", "0.3"];
    let report = report_with(&[&["fetch", &never][..], &args].concat(), 1);
    assert_eq!(count(&report, "ended.deadline"), 2);
    let asks = Scripted::start(|_, _| answer("503 Service Unavailable", "Retry-After: 300\r\n", ""));
    let report = report_with(&["fetch", &asks.url, "--requests", "1", "--deadline", "60"], 1);
    assert_eq!((count(&report, "ended.status"), asks.heard().len()), (1, 1));
}

/// The time limit of a request does not include the wait for the rate.
#[test]
fn waiting_for_the_rate_does_not_count_against_the_time_limit() {
    let server = Scripted::start(|_, _| Reply::Answer(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()));
    let args = ["--requests", "8", "--concurrency", "8", "--rate", "2/s", "--timeout", "2.5", "--retries", "0"];
    let answered = || count(&report(&[&["fetch", &server.url][..], &args].concat()), "ended.ok");
    // On a busy machine an answer may take as long as the limit; not in each run.
    assert!((0..5).any(|_| answered() == 8), "the last one waits more than three seconds for the rate");
}
