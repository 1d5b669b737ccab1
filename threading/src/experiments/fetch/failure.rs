//! Why GETs failed, by name.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};

use lab::lang::Text;
use lab::text;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Nobody listens at the address.
    Refused,
    /// No answer in time.
    TimedOut,
    /// The name has no address.
    NoAddress,
    /// The connection was closed before the answer was complete.
    HungUp,
    /// This process may not open more files and sockets (`EMFILE`).
    NoDescriptor,
    /// The answer has another status than 2xx.
    Status(u16, String),
    /// The answer names another address, which is not fetched.
    Redirect(u16, String),
    /// The answer is not valid HTTP.
    NotHttp(String),
    /// Another error, with its message.
    Other(String),
}

/// A GET that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    pub url: String,
    pub reason: Reason,
}

impl Reason {
    pub(super) fn of(e: &ureq::Error) -> Reason {
        match e {
            ureq::Error::Io(e) => Reason::of_io(e),
            ureq::Error::Timeout(_) => Reason::TimedOut,
            ureq::Error::HostNotFound => Reason::NoAddress,
            ureq::Error::Protocol(e) => Reason::NotHttp(e.to_string()),
            other => Reason::Other(other.to_string()),
        }
    }

    fn of_io(e: &io::Error) -> Reason {
        match e.kind() {
            ErrorKind::ConnectionRefused => Reason::Refused,
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Reason::TimedOut,
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::UnexpectedEof => Reason::HungUp,
            ErrorKind::BrokenPipe => Reason::HungUp,
            _ if e.raw_os_error() == Some(24) => Reason::NoDescriptor, // EMFILE has no kind of its own
            // Neither have the errors of getaddrinfo(3); std writes these words before them.
            _ if e.to_string().starts_with("failed to lookup address") => Reason::NoAddress,
            _ => Reason::Other(e.to_string()),
        }
    }

    pub fn text(&self) -> Text {
        match self {
            Reason::Refused => text!("연결 거부", "connection refused"),
            Reason::TimedOut => text!("시간 초과", "timed out"),
            Reason::NoAddress => text!("주소를 찾지 못함", "no such host"),
            Reason::HungUp => text!("상대가 연결을 끊음", "the other side closed the connection"),
            Reason::NoDescriptor => text!("열린 파일이 너무 많음 (EMFILE)", "too many open files (EMFILE)"),
            Reason::Status(code, phrase) => Text::same(format!("HTTP {code} {phrase}").trim_end()),
            Reason::Redirect(code, phrase) => text!(
                "HTTP {code} {phrase}: 리다이렉트를 따라가지 않음",
                "HTTP {code} {phrase}: the redirect is not followed"
            ),
            Reason::NotHttp(words) => text!("올바른 HTTP가 아님: {words}", "not valid HTTP: {words}"),
            Reason::Other(words) => Text::same(words),
        }
    }
}

/// One line for each reason: how often it occurred, and the first address.
pub fn summary(failures: &[Failure]) -> Vec<Text> {
    let mut by_name: BTreeMap<&Reason, (usize, &str)> = BTreeMap::new();
    for failure in failures {
        by_name.entry(&failure.reason).or_insert((0, &failure.url)).0 += 1;
    }
    let line = |(reason, (count, url)): (&Reason, (usize, &str))| {
        let Text { ko, en } = reason.text();
        text!("{ko}({count}번), 첫 주소 {url}", "{en} (×{count}), first {url}")
    };
    by_name.into_iter().map(line).collect()
}
