//! A bound on everything that a client could make large or slow.

use std::time::Duration;

/// The longest request head, in bytes; a longer one is answered 431. Also the most that is buffered of a connection.
pub const MOST_HEAD: usize = 16 * 1024;
/// The longest path with its query, in bytes; a longer one is answered 414.
pub const MOST_URI: usize = 8 * 1024;
/// The most header lines of a request; more are answered 431.
pub const MOST_HEADERS: usize = 64;

/// What clients may take of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections that are open at the same time; one more is answered 503 and closed.
    pub connections: usize,
    /// How long until the head of the next request is whole. A slow client is cut off then, and so is an idle one.
    pub head: Duration,
    /// The largest body of a request, in bytes; a larger one is answered 413.
    pub body: u64,
    /// How long until that body is whole; after it, 408.
    pub upload: Duration,
    /// How long a client may leave an answer unread. Each byte that it takes gives it as long again.
    pub read: Duration,
    /// How long `/never` does not answer before it hangs up. Whether its client is still there cannot be told from a client that
    /// has closed its sending half and waits.
    pub never: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 12_000,
            head: Duration::from_secs(30),
            body: 1 << 20,
            upload: Duration::from_secs(30),
            read: Duration::from_secs(30),
            never: Duration::from_secs(60),
        }
    }
}
