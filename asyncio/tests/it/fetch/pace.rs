//! How fast requests go out, and when they stop: each against a server that counts.

use std::time::{Duration, Instant, SystemTime};

use super::scripted::{Reply, Scripted, answer};
use crate::common::{count, report, report_with};

fn gaps(server: &Scripted) -> Vec<Duration> {
    let times: Vec<Instant> = server.heard().iter().map(|heard| heard.at).collect();
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// A lower bound only: a busy machine makes it slower. Without a rate ten requests take a few milliseconds; with a rate for each worker
/// too.
#[test]
fn a_rate_bounds_all_workers_together() {
    let server = Scripted::start(|_, _| answer("200 OK", "", ""));
    let args = ["--requests", "10", "--concurrency", "10", "--rate", "20/s", "--timeout", "60"];
    let wall = report(&[&["fetch", &server.url][..], &args].concat()).measure("wall").unwrap().median();
    assert!(server.heard().len() == 10 && wall >= 450e6, "nine gaps of 50 ms: {wall}");
}

#[test]
fn a_bound_for_each_server_leaves_the_others_alone() {
    let slow = || web::Server::start(web::Options { delay: Duration::from_millis(100), ..web::Options::default() });
    let (first, second) = (slow().unwrap(), slow().unwrap());
    let (a, b) = (first.url(), second.url());
    let args = ["--requests", "16", "--concurrency", "16", "--per-host", "2", "--timeout", "60"];
    let report = report(&[&["fetch", &a, &b][..], &args].concat());
    assert_eq!(count(&report, "ended.ok"), 16);
    assert!(first.tally().peak_in_flight <= 2 && second.tally().peak_in_flight <= 2);
    assert!(count(&report, "peak") <= 4 && count(&report, "peak") > 1);
}

/// Whoever is asked to wait does so, and so do the other workers: the server is left alone.
#[test]
fn a_server_that_asks_to_be_left_alone_is() {
    let in_two_seconds = || {
        // A date has whole seconds: at least one second of the two is left.
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
        0 => answer("429 Too Many Requests", "Retry-After: 1\r\n", ""),
        _ => {
            std::thread::sleep(Duration::from_millis(20));
            answer("200 OK", "", "")
        }
    });
    let args = ["--requests", "200", "--concurrency", "2", "--backoff", "0", "--timeout", "60"];
    report(&[&["fetch", &server.url][..], &args].concat());
    assert!(gaps(&server).iter().any(|gap| *gap >= Duration::from_millis(500)), "the other worker waited too");
}

#[test]
fn a_server_that_asks_for_an_hour_is_not_waited_for() {
    let server = Scripted::start(|_, _| answer("503 Service Unavailable", "Retry-After: 3600\r\n", ""));
    let report = report_with(&["fetch", &server.url, "--requests", "1"], 1);
    assert_eq!((count(&report, "ended.status"), count(&report, "retries")), (1, 0));
    assert_eq!(server.heard().len(), 1);
}

/// Without it these would go on for minutes. A pause that would outlast it is not begun.
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

/// The time limit is that of a request; waiting for its turn is not in it.
#[test]
fn waiting_for_a_turn_takes_nothing_from_the_time_limit() {
    let server = Scripted::start(|_, _| Reply::Answer(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()));
    let args = ["--requests", "8", "--concurrency", "8", "--rate", "2/s", "--timeout", "2.5", "--retries", "0"];
    let report = report(&[&["fetch", &server.url][..], &args].concat());
    assert_eq!(count(&report, "ended.ok"), 8, "the last one waits more than three seconds for its turn");
}
