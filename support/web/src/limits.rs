//! A bound on everything that a client could make large or slow.

use std::time::Duration;

/// The longest request head, in bytes; a longer one is answered 431. Also the largest buffer of a connection.
pub const MOST_HEAD: usize = 16 * 1024;
/// The longest path with its query, in bytes; a longer one is answered 414.
pub const MOST_URI: usize = 8 * 1024;
/// The most header lines of a request; more are answered 431.
pub const MOST_HEADERS: usize = 64;

/// Limits on what clients may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections that are open at the same time; one more is answered 503 and closed.
    pub connections: usize,
    /// Time limit until the head of the next request is complete. It cuts off slow clients and idle ones.
    pub head: Duration,
    /// The largest body of a request, in bytes; a larger one is answered 413.
    pub body: u64,
    /// Time limit until that body is complete; after it, the answer is 408.
    pub upload: Duration,
    /// Time limit for a client that does not read its answer. Every byte that it reads restarts it.
    pub read: Duration,
    /// How long `/never` waits before it closes the connection. Needed because a client that has gone looks like one that has closed
    /// its sending half and waits.
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
