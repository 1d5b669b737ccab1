//! Limits on sending: a rate for all requests, a limit for each server, and servers that asked to wait (`Retry-After`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lab::{Error, Result, text};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

/// If there are more servers than this, entries that are not in use are removed.
const MOST_SERVERS: usize = 10_000;

#[derive(Debug, Default)]
pub struct Pace {
    /// Time from one request to the next; `None` without a rate.
    interval: Option<Duration>,
    /// Maximum number of requests in flight to one server.
    per_host: Option<usize>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When the rate allows the next request.
    next: Option<Instant>,
    limits: HashMap<Arc<str>, Arc<Semaphore>>,
    /// The servers that asked to wait, and until when.
    held: HashMap<Arc<str>, Instant>,
}

impl Pace {
    pub fn new(interval: Option<Duration>, per_host: Option<usize>) -> Pace {
        Pace { interval, per_host, state: Mutex::default() }
    }

    /// Waits until a request to this server may be sent. The request counts against the limit until the permit is dropped.
    pub async fn turn(&self, server: &Arc<str>) -> Option<OwnedSemaphorePermit> {
        let permit = match self.limit(server) {
            Some(limit) => Some(limit.acquire_owned().await.expect("the semaphore is never closed")),
            None => None,
        };
        // A loop: the time may have been extended while this task slept.
        while let Some(until) = self.held_until(server) {
            sleep_until(until).await;
        }
        if let Some(slot) = self.slot() {
            sleep_until(slot).await;
        }
        permit
    }

    /// No request is sent to this server during the pause.
    pub fn hold(&self, server: &Arc<str>, pause: Duration) {
        let mut state = self.state();
        let until = Instant::now() + pause;
        let held = state.held.entry(Arc::clone(server)).or_insert(until);
        *held = until.max(*held);
    }

    fn held_until(&self, server: &Arc<str>) -> Option<Instant> {
        let mut state = self.state();
        let until = *state.held.get(server)?;
        if until > Instant::now() {
            return Some(until);
        }
        state.held.remove(server);
        None
    }

    /// When the rate allows this request. Slots are evenly spaced, and an unused slot is not made up for.
    fn slot(&self) -> Option<Instant> {
        let interval = self.interval?;
        let mut state = self.state();
        let slot = state.next.unwrap_or_else(Instant::now).max(Instant::now());
        state.next = Some(slot + interval);
        Some(slot)
    }

    fn limit(&self, server: &Arc<str>) -> Option<Arc<Semaphore>> {
        let most = self.per_host?;
        let mut state = self.state();
        if state.limits.len() > MOST_SERVERS {
            state.limits.retain(|_, limit| Arc::strong_count(limit) > 1 || limit.available_permits() < most);
        }
        Some(Arc::clone(state.limits.entry(Arc::clone(server)).or_insert_with(|| Arc::new(Semaphore::new(most)))))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Parses a rate, `50/s`, `10/m` or `2.5`, and returns the time from one request to the next.
pub fn interval(rate: &str) -> Result<Duration> {
    let (number, unit) = rate.split_once('/').unwrap_or((rate, "s"));
    let seconds = match unit {
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        _ => None,
    };
    let number = number.parse::<f64>().ok().filter(|n| (0.001..=1e6).contains(n));
    match seconds.zip(number) {
        Some((seconds, number)) => Ok(Duration::from_secs_f64(seconds / number)),
        None => Err(Error::usage(text!(
            "--rate {rate}: 50/s, 10/m, 100/h 형식으로 주십시오.",
            "--rate {rate}: give a rate like 50/s, 10/m or 100/h."
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read() {
        for (rate, ms) in [("50/s", 20), ("50", 20), ("2.5/s", 400), ("10/m", 6000), ("60/h", 60_000)] {
            assert_eq!(interval(rate).unwrap(), Duration::from_millis(ms), "{rate}");
        }
        for wrong in ["", "0", "-1/s", "x/s", "1/d", "1/", "NaN", "inf/s", "1e9"] {
            assert_eq!(interval(wrong).unwrap_err().code(), 2, "{wrong}");
        }
    }
}
