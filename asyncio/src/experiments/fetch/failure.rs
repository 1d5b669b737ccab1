//! The named reasons why a call failed.

use std::time::Duration;

/// The reason why a call failed. Every call that has begun ends with a result or with one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A line of the list that is not a valid address.
    BadAddress(String),
    /// A row of the list that does not fill the template.
    BadRow(String),
    /// No connection, for example refused or no such host.
    Unreachable(String),
    /// The TLS handshake failed, most often because the server's certificate is not trusted.
    Tls(String),
    /// The connection ended before the response was complete.
    Closed(String),
    /// No complete response within the timeout.
    TimedOut,
    /// The time limit for all attempts together was reached.
    Deadline,
    /// A response with status 400 or above (or 304), and how long it asked to wait (`Retry-After`).
    Status(u16, Option<Duration>),
    /// A redirect that was not followed, and the reason.
    Redirect(u16, String),
    /// A response that is not HTTP.
    NotHttp(String),
    /// The body could not be decoded or written to its file.
    NotKept(String),
    /// Cancelled by Ctrl-C.
    Cancelled,
}

impl Failure {
    /// The name in results and measurements; it is not translated.
    pub fn name(&self) -> &'static str {
        match self {
            Failure::BadAddress(_) => "bad address",
            Failure::BadRow(_) => "bad row",
            Failure::Unreachable(_) => "unreachable",
            Failure::Tls(_) => "tls",
            Failure::Closed(_) => "closed",
            Failure::TimedOut => "timed out",
            Failure::Deadline => "deadline",
            Failure::Status(..) => "status",
            Failure::Redirect(..) => "redirect",
            Failure::NotHttp(_) => "not http",
            Failure::NotKept(_) => "not kept",
            Failure::Cancelled => "cancelled",
        }
    }

    /// The status of the response, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Failure::Status(status, _) | Failure::Redirect(status, _) => Some(*status),
            _ => None,
        }
    }

    /// Details, if there are any.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Failure::BadAddress(why) | Failure::Unreachable(why) | Failure::Closed(why) => Some(why),
            Failure::Redirect(_, why) | Failure::NotHttp(why) | Failure::Tls(why) => Some(why),
            Failure::NotKept(why) | Failure::BadRow(why) => Some(why),
            Failure::TimedOut | Failure::Deadline | Failure::Status(..) | Failure::Cancelled => None,
        }
    }

    /// How long the server asked to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        if let Failure::Status(_, asked) = self { *asked } else { None }
    }

    /// Whether another attempt may succeed and is safe. If the request itself is wrong (most 4xx), a repetition fails again. A request
    /// that the server may have carried out is repeated only if `repeatable`, that is, if carrying it out twice is safe.
    pub fn may_be_retried(&self, repeatable: bool) -> bool {
        match self {
            Failure::Unreachable(_) => true,
            Failure::Closed(_) | Failure::TimedOut => repeatable,
            Failure::Status(status, _) => repeatable && matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            Failure::Tls(_) | Failure::NotHttp(_) | Failure::Cancelled | Failure::Deadline => false,
            Failure::BadAddress(_) | Failure::BadRow(_) | Failure::Redirect(..) | Failure::NotKept(_) => false,
        }
    }
}
