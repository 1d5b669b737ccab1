//! Why a call had no result, by name.

use std::time::Duration;

/// What came instead of a result. Every call that has begun ends in a result or in one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The line of the list is no address.
    BadAddress(String),
    /// No connection: refused, no such host.
    Unreachable(String),
    /// No agreement on a secret connection: most often, the server's certificate is not believed.
    Tls(String),
    /// The connection ended before the answer was whole.
    Closed(String),
    /// No whole answer in time.
    TimedOut,
    /// The time for all attempts together was over.
    Deadline,
    /// An answer of 400 or more, and how long it asked to be left alone.
    Status(u16, Option<Duration>),
    /// An answer that leads elsewhere and was not followed, and why not.
    Redirect(u16, String),
    /// What came was no HTTP.
    NotHttp(String),
    /// The body could not be decoded, or not be written.
    NotKept(String),
    /// Given up because the reader pressed Ctrl-C.
    Cancelled,
}

impl Failure {
    /// Its name, the same in every language and in every file.
    pub fn name(&self) -> &'static str {
        match self {
            Failure::BadAddress(_) => "bad address",
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

    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Failure::Status(status, _) | Failure::Redirect(status, _) => Some(*status),
            _ => None,
        }
    }

    /// More about it.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Failure::BadAddress(why) | Failure::Unreachable(why) | Failure::Closed(why) => Some(why),
            Failure::Redirect(_, why) | Failure::NotHttp(why) | Failure::Tls(why) => Some(why),
            Failure::NotKept(why) => Some(why),
            Failure::TimedOut | Failure::Deadline | Failure::Status(..) | Failure::Cancelled => None,
        }
    }

    /// How long to leave the server alone.
    pub fn retry_after(&self) -> Option<Duration> {
        if let Failure::Status(_, asked) = self { *asked } else { None }
    }

    /// Whether another attempt may go better and does no harm. What is wrong with the request itself (most of 4xx) will be wrong again.
    /// A request that may have been carried out is repeated only if it may be carried out twice.
    pub fn may_be_retried(&self, twice: bool) -> bool {
        match self {
            Failure::Unreachable(_) => true,
            Failure::Closed(_) | Failure::TimedOut => twice,
            Failure::Status(status, _) => twice && matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            Failure::Tls(_) | Failure::NotHttp(_) | Failure::Cancelled | Failure::Deadline => false,
            Failure::BadAddress(_) | Failure::Redirect(..) | Failure::NotKept(_) => false,
        }
    }
}
