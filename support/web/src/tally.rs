//! What the server counts and records: numbers, and the first requests with their times.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The most requests that are recorded with their times; the rest are only counted.
pub const MOST_VISITS: usize = 2000;

/// Counts until now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Connections that were accepted and served.
    pub accepted: usize,
    /// Connections that were refused with 503 because there were too many.
    pub turned_away: usize,
    /// Connections that are open.
    pub open: usize,
    /// The most that were open at once.
    pub peak_open: usize,
    /// Requests whose head arrived completely.
    pub requests: usize,
    /// The most requests that waited for their answer at once.
    pub peak_in_flight: usize,
    /// Answers 2xx.
    pub ok: usize,
    /// Answers 4xx to requests. A head that is not HTTP is answered too, but is not counted as a request.
    pub client_errors: usize,
    /// Answers 5xx.
    pub server_errors: usize,
    /// Requests that were meant to have no answer, or whose client had gone.
    pub unanswered: usize,
    /// Connections that were cut off because the client was too slow, or idle for too long.
    pub cut_off: usize,
    /// Connections that ended in another error: no HTTP, too large a head, a client that went away.
    pub broken: usize,
}

/// One request: on which connection, from its head to its answer.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// Connections are numbered as they come, from 0.
    pub connection: usize,
    /// When its head was complete.
    pub start: Instant,
    /// When its answer was ready to be sent, or the request was given up.
    pub end: Instant,
}

/// The counters behind a [`Tally`]. Each is exact; two of them may be read at slightly different times.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) accepted: AtomicUsize,
    pub(crate) turned_away: AtomicUsize,
    open: Gauge,
    requests: AtomicUsize,
    in_flight: Gauge,
    ok: AtomicUsize,
    client_errors: AtomicUsize,
    server_errors: AtomicUsize,
    unanswered: AtomicUsize,
    pub(crate) cut_off: AtomicUsize,
    pub(crate) broken: AtomicUsize,
    visits: Mutex<Vec<Visit>>,
}

/// A current number, and the largest that it has been.
#[derive(Debug, Default)]
struct Gauge {
    now: AtomicUsize,
    peak: AtomicUsize,
}

impl Gauge {
    fn enter(&self) {
        let now = self.now.fetch_add(1, Relaxed) + 1;
        self.peak.fetch_max(now, Relaxed);
    }

    fn leave(&self) {
        self.now.fetch_sub(1, Relaxed);
    }
}

impl Counters {
    pub(crate) fn tally(&self) -> Tally {
        Tally {
            accepted: self.accepted.load(Relaxed),
            turned_away: self.turned_away.load(Relaxed),
            open: self.open.now.load(Relaxed),
            peak_open: self.open.peak.load(Relaxed),
            requests: self.requests.load(Relaxed),
            peak_in_flight: self.in_flight.peak.load(Relaxed),
            ok: self.ok.load(Relaxed),
            client_errors: self.client_errors.load(Relaxed),
            server_errors: self.server_errors.load(Relaxed),
            unanswered: self.unanswered.load(Relaxed),
            cut_off: self.cut_off.load(Relaxed),
            broken: self.broken.load(Relaxed),
        }
    }

    pub(crate) fn visits(&self) -> Vec<Visit> {
        self.visits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts a connection as open until the guard is dropped.
    pub(crate) fn open(&self) -> Open<'_> {
        self.open.enter();
        Open(self)
    }

    /// Counts a request as in flight until the guard is dropped. Returns its number too, from 0.
    pub(crate) fn begin(&self, connection: usize) -> (u64, InFlight<'_>) {
        let n = self.requests.fetch_add(1, Relaxed) as u64;
        self.in_flight.enter();
        (n, InFlight { counters: self, connection, start: Instant::now(), status: None })
    }
}

pub(crate) struct Open<'a>(&'a Counters);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.leave();
    }
}

/// If it is dropped without a status, the request had no answer; a client that went away is counted in this way too.
pub(crate) struct InFlight<'a> {
    counters: &'a Counters,
    connection: usize,
    start: Instant,
    pub(crate) status: Option<u16>,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let counters = self.counters;
        let class = match self.status {
            Some(..=399) => &counters.ok,
            Some(400..=499) => &counters.client_errors,
            Some(_) => &counters.server_errors,
            None => &counters.unanswered,
        };
        class.fetch_add(1, Relaxed);
        counters.in_flight.leave();
        let mut visits = counters.visits.lock().unwrap_or_else(PoisonError::into_inner);
        if visits.len() < MOST_VISITS {
            visits.push(Visit { connection: self.connection, start: self.start, end: Instant::now() });
        }
    }
}
